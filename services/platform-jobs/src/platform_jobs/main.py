"""Entry point: `platform-jobs JOB...`, each job safe to run again."""

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from platform_jobs.closing import close_minutes
from platform_jobs.indexes import create_indexes
from platform_jobs.settings import Settings
from platform_jobs.stream_check import check_stream, fold_past_days
from platform_jobs.topics import create_topics
from platform_jobs.warehouse_jobs import (
    NOT_AUDITED,
    audit_warehouse,
    check_warehouse_quality,
    migrate_warehouse,
)
from service_runtime.errors import PermanentError, TransientError
from service_runtime.logging import configure_logging
from service_runtime.retry import wait_and_retry
from service_runtime.telemetry import configure_telemetry

logger = logging.getLogger(__name__)

JOBS: Final[dict[str, Callable[[Settings], None]]] = {
    "topics": create_topics,
    "tables": migrate_warehouse,
    "indexes": create_indexes,
    "audit": audit_warehouse,
    "quality": check_warehouse_quality,
    "stream-check": check_stream,
    "fold": fold_past_days,
    "close-minutes": close_minutes,
}
VERDICTS: Final = frozenset({"audit", "quality", "stream-check"})
"""Jobs of which a failure must not look like a bad verdict."""


def main() -> int:
    """Run the named jobs in the given order; returns the exit code.

    2: a name is unknown or missing, or a day is no date. 3: there was no verdict of an audit or a
    check, since a store stayed away or refused a request. Any other job that fails raises, as does
    a bad verdict: 1.
    """
    names, days = parsed(sys.argv[1:])
    settings = Settings().model_copy(update=days)
    configure_logging(settings.log_level)
    configure_telemetry("platform-jobs")
    for name in names:
        try:
            for attempt in wait_and_retry(name, timeout=settings.patience_seconds):
                with attempt:
                    JOBS[name](settings)
        except (TransientError, PermanentError):
            if name not in VERDICTS:
                raise
            logger.exception("no verdict of %s", name)
            return NOT_AUDITED
    return 0


def parsed(arguments: Sequence[str]) -> tuple[list[str], dict[str, date]]:
    """The named jobs, and the settings that the days of `quality` replace.

    Raises SystemExit(2) for arguments that are wrong.
    """
    usage = f"platform-jobs {{{'|'.join(JOBS)}}}... [--de DAY] [--ate DAY]"
    parser = ArgumentParser("platform-jobs", usage=usage, allow_abbrev=False)
    parser.add_argument("names", nargs="+", choices=JOBS, metavar="JOB")
    day: dict[str, Any] = {"type": date.fromisoformat, "metavar": "DAY"}
    parser.add_argument("--de", help="first day that `quality` checks", **day)
    parser.add_argument("--ate", help="last day that `quality` checks", **day)
    told = parser.parse_args(arguments)
    asked = {"quality_first_day": told.de, "quality_last_day": told.ate}
    days = {name: value for name, value in asked.items() if value}
    if days and "quality" not in told.names:
        parser.error("only `quality` takes days")
    return told.names, days


if __name__ == "__main__":
    sys.exit(main())
