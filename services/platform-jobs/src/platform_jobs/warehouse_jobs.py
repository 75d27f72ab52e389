"""The jobs of the warehouse: migrate its tables, audit what they hold, and check its quality."""

import logging
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from platform_jobs.settings import Settings
from service_runtime.errors import PermanentError
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.migrations import migrate, require_current
from warehouse.quality.days import Days, yesterday
from warehouse.quality.measuring import check_quality
from warehouse.quality.report import as_json
from warehouse.quality.results import run_id

logger = logging.getLogger(__name__)

NOT_EXACT: Final = 1
NOT_AUDITED: Final = 3
"""Exit codes of the audit, the same as those of `vitrine audit`; 0 is exact. The checks of quality
end with the same: 1 where one that blocks failed, 3 where they could not be run."""


def migrate_warehouse(settings: Settings) -> None:
    """Apply the migrations that are missing. Raises TransientError while the warehouse is away."""
    with closing(Warehouse(settings, application="platform-jobs")) as warehouse:
        for migration in migrate(warehouse, now=datetime.now(UTC)):
            logger.info("migration applied", extra={"number": migration.number})


def audit_warehouse(settings: Settings) -> None:
    """Print the audit's JSON; SystemExit(NOT_EXACT) where it is not exact.

    Raises TransientError while the warehouse is away or its tables are being made.
    """
    with closing(Warehouse(settings, application="vitrine-audit")) as warehouse:
        require_current(warehouse)
        report = audit(warehouse)
    print(report.as_json(), flush=True)
    if not report.exact:
        sys.exit(NOT_EXACT)


def check_warehouse_quality(settings: Settings) -> None:
    """Check the data of the days, record the results and print those that were not approved;
    SystemExit(NOT_EXACT) where one that blocks failed.

    Raises TransientError while the warehouse is away or its tables are being made, PermanentError
    where it refuses a query.
    """
    now = datetime.now(UTC)
    days = quality_days(settings, now)
    with closing(Warehouse(settings, application="vitrine-quality")) as warehouse:
        require_current(warehouse)
        results = check_quality(warehouse, days, now=now)
    print(as_json(results, id_execucao=run_id(days, now)), flush=True)
    if any(result.blocks for result in results):
        sys.exit(NOT_EXACT)


def quality_days(settings: Settings, now: datetime) -> Days:
    """The days of the settings. Raises PermanentError if they end before they begin."""
    zone = ZoneInfo(settings.shop_timezone)
    last = settings.quality_last_day or yesterday(now, zone)
    first = settings.quality_first_day or last
    if last < first:
        raise PermanentError(f"the days to check end on {last}, before they begin on {first}")
    return Days(first, last, zone)
