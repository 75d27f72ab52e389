"""The warehouse's tables, and the proof that it lost and repeated nothing."""

import sys

from platform_jobs.settings import Settings
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.schema import create_tables


def create_warehouse_tables(settings: Settings) -> None:
    """Create what is missing. Raises TransientError while the warehouse is away."""
    warehouse = Warehouse(settings, application="platform-jobs")
    try:
        create_tables(warehouse)
    finally:
        warehouse.close()


def audit_warehouse(settings: Settings) -> None:
    """Print the audit's JSON; SystemExit(1) where it is not exact.

    Raises TransientError while the warehouse is away.
    """
    warehouse = Warehouse(settings, application="vitrine-audit")
    try:
        report = audit(warehouse)
    finally:
        warehouse.close()
    print(report.as_json(), flush=True)
    if not report.exact:
        sys.exit(1)
