"""`python -m tests.support.days_in_any_order SEED FIRST LAST` loads the days from FIRST to LAST one
by one as `etl` does, in an order of their own for each seed, and in one process."""

import random
import sys
from contextlib import closing
from datetime import date

from batch_etl.etl import Etl
from batch_etl.intervals import Interval
from batch_etl.settings import Settings
from spark_runtime.job import run_lazy_job
from spark_runtime.session import LazySession
from warehouse.connection import Warehouse


def main(seed: str, first: str, last: str) -> int:
    """The exit code of the run."""
    days = Interval(date.fromisoformat(first), date.fromisoformat(last)).days
    random.Random(seed).shuffle(days)
    settings = Settings()
    with closing(Warehouse(settings, application="tests")) as warehouse:

        def job(spark: LazySession) -> None:
            run = Etl(spark, settings, warehouse)
            for day in days:
                run.load(Interval(day, day))

        return run_lazy_job("tests", settings, job)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
