"""The jobs of the warehouse: migrate its tables, and audit what they hold."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

from platform_jobs.settings import Settings
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.migrations import migrate

logger = logging.getLogger(__name__)

NOT_EXACT: Final = 1
NOT_AUDITED: Final = 3
"""Exit codes of the audit, the same as those of `vitrine audit`; 0 is exact."""


def migrate_warehouse(settings: Settings) -> None:
    """Apply the migrations that are missing. Raises TransientError while the warehouse is away."""
    warehouse = Warehouse(settings, application="platform-jobs")
    try:
        for migration in migrate(warehouse, now=datetime.now(UTC)):
            logger.info("migration applied", extra={"number": migration.number})
    finally:
        warehouse.close()


def audit_warehouse(settings: Settings) -> None:
    """Print the audit's JSON; SystemExit(NOT_EXACT) where it is not exact.

    Raises TransientError while the warehouse is away.
    """
    warehouse = Warehouse(settings, application="vitrine-audit")
    try:
        report = audit(warehouse)
    finally:
        warehouse.close()
    print(report.as_json(), flush=True)
    if not report.exact:
        sys.exit(NOT_EXACT)
