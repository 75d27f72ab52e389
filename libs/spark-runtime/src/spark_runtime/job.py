"""The run of an application that does its job once and ends, as a scheduler starts it."""

import logging
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final

from pyspark.sql import SparkSession

from service_runtime.errors import PermanentError, TransientError
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry
from spark_runtime.session import LazySession
from spark_runtime.settings import SparkSettings

logger = logging.getLogger(__name__)

_TERMINATED: Final = 128 + signal.SIGTERM


def run_job(
    application: str,
    settings: SparkSettings,
    job: Callable[[SparkSession], None],
    properties: Mapping[str, str] | None = None,
) -> int:
    """The exit code: 0 when the job is done, 1 where a store or what it read kept it from that.

    SIGTERM ends it where it is, with 143. Nothing is tried again here: that is the scheduler's.
    """
    return run_lazy_job(application, settings, lambda spark: job(spark.get()), properties)


def run_lazy_job(
    application: str,
    settings: SparkSettings,
    job: Callable[[LazySession], None],
    properties: Mapping[str, str] | None = None,
) -> int:
    """As `run_job`, for a job that knows only later whether it needs Spark."""
    configure_logging(settings.log_level)
    configure_telemetry(application)
    # A container's first process is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    spark = LazySession(application, settings, properties or {})
    try:
        job(spark)
    except (TransientError, PermanentError) as error:
        logger.error("job failed", extra={"job": application, "why": str(error)})
        return 1
    finally:
        spark.stop()
    logger.info("job done", extra={"job": application})
    return 0
