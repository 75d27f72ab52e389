"""The Spark session of an application."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from pyspark.sql import SparkSession

from spark_runtime import worker_daemon
from spark_runtime.settings import SparkSettings

_EVERYWHERE: Final = {
    "spark.python.daemon.module": worker_daemon.__name__,
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def start_session(
    application: str, settings: SparkSettings, properties: Mapping[str, str]
) -> SparkSession:
    """Start Spark where spark-submit's own options say, or join what it started.

    `properties` are what this application adds to what holds for all.
    """
    own = {"spark.driver.memory": settings.spark_driver_memory}
    if settings.spark_jars_dir:
        jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
        own["spark.jars"] = ",".join(jars)
    builder = SparkSession.builder.appName(application)
    for key, value in {**_EVERYWHERE, **own, **properties}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    return session


class LazySession:
    """The Spark session of an application that may find nothing to do: the JVM is started when the
    session is first asked for."""

    def __init__(
        self, application: str, settings: SparkSettings, properties: Mapping[str, str]
    ) -> None:
        self._start = partial(start_session, application, settings, properties)
        self._session: SparkSession | None = None

    def get(self) -> SparkSession:
        """The same session at each call."""
        if self._session is None:
            self._session = self._start()
        return self._session

    def stop(self) -> None:
        """Stop Spark, if it was started."""
        if self._session is not None:
            self._session.stop()
