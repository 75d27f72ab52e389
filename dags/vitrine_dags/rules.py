"""What holds for every DAG: when it runs, how often it is tried again, and what it hands on."""

import os
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, CronDataIntervalTimetable, Param

from vitrine_dags.settings import Settings

SETTINGS: Final = Settings.from_environment(os.environ)
VENDAS: Final = Asset("vitrine://armazem/vendas")
"""The sales in the warehouse: changed by every load of files."""
_START: Final = f"data_interval_start.in_timezone('{SETTINGS.shop_timezone}')"
DAY: Final = f"{{{{ {_START} | ds }}}}"
"""The shop's day that a daily run is for, as YYYY-MM-DD."""
FIRST_DAY: Final = f"{{{{ {_START}.subtract(days={SETTINGS.days_back}) | ds }}}}"
"""The first day whose files a daily run looks at."""
DAYS_LOOKED_AT: Final = str(int(SETTINGS.days_back) + 1)
"""How many those are, its own day included."""
SKIP_BAD_FILES: Final = "{{ '--ignorar-arquivos-ruins' if params.ignorar_arquivos_ruins else '' }}"
SKIP_BAD_FILES_PARAM: Final = {
    "ignorar_arquivos_ruins": Param(
        False, type="boolean", title="Set aside files that cannot be read"
    )
}
RETRIES: Final[dict[str, Any]] = {
    "retries": 3,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(hours=1),
}


def every(cron: str) -> CronDataIntervalTimetable:
    """Intervals between the moments of a cron string, in the shop's time zone."""
    return CronDataIntervalTimetable(cron, timezone=SETTINGS.shop_timezone)


def dag_options(description: str, doc_md: str) -> dict[str, Any]:
    """Arguments of every DAG. Days before it was switched on are left to `backfill`."""
    return {
        "description": description,
        "doc_md": doc_md,
        "start_date": datetime(2026, 1, 1, tzinfo=ZoneInfo(SETTINGS.shop_timezone)),
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": "vitrine", "depends_on_past": False, **RETRIES},
        "tags": ["vitrine"],
    }
