"""batch-etl's own work in one process: a day to warm up, a pause, the month, a pause."""

from contextlib import closing

from tests.bench.pause import pause
from tests.bench.sales_files import FIRST, LAST, WARM_UP

from batch_etl.etl import Etl
from batch_etl.intervals import Interval
from batch_etl.settings import Settings
from spark_runtime.job import run_lazy_job
from spark_runtime.session import LazySession
from warehouse.connection import Warehouse


def main() -> int:
    """The exit code of the run."""
    settings = Settings()
    with closing(Warehouse(settings, application="bench")) as warehouse:

        def job(spark: LazySession) -> None:
            run = Etl(spark, settings, warehouse)
            for interval in (Interval(WARM_UP, WARM_UP), Interval(FIRST, LAST)):
                run.load(interval)
                pause()

        return run_lazy_job("bench", settings, job)


if __name__ == "__main__":
    raise SystemExit(main())
