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
from spark_runtime.session import start_session
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
    configure_logging(settings.log_level)
    configure_telemetry(application)
    # A container's first process is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    session = start_session(application, settings, properties or {})
    try:
        job(session)
    except (TransientError, PermanentError) as error:
        logger.error("job failed", extra={"job": application, "why": str(error)})
        return 1
    finally:
        session.stop()
    logger.info("job done", extra={"job": application})
    return 0
