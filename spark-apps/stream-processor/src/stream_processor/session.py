"""The Spark session, tuned for short micro-batches."""

from collections.abc import Mapping
from typing import Final

from pyspark.sql import SparkSession

from spark_runtime import worker_daemon
from spark_runtime.config_map import ClusterAccess, ConfigMap
from spark_runtime.executor_agent import ExecutorAgent, initial_properties
from spark_runtime.s3 import s3a_options
from spark_runtime.session import start_session
from spark_runtime.spark_executors import SparkExecutors
from stream_processor.settings import Settings

WORKERS: Final = worker_daemon.imports(
    "stream_processor.counting_task", "stream_processor.staging_task"
)
_SHORT_BATCHES: Final = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.streaming.minBatchesToRetain": "10",
    "spark.sql.streaming.pollingDelay": "20ms",
    "spark.sql.streaming.metricsEnabled": "false",
    "spark.sql.streaming.numRecentProgressUpdates": "5",
    "spark.sql.ui.retainedExecutions": "5",
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution."
    "streaming.checkpointing.FileSystemBasedCheckpointFileManager",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.python.worker.reuse": "true",
    "spark.cleaner.referenceTracking.blocking": "false",
}


def build_session(settings: Settings, properties: Mapping[str, str]) -> SparkSession:
    """Start Spark, or join the one that spark-submit started; with these properties besides."""
    own = {**WORKERS, **_SHORT_BATCHES, **s3a_options(settings), **properties}
    return start_session("stream-processor", settings, own)


class ScaledSession:
    """The session, and where the settings name a ConfigMap an agent that gives it the executors
    that are asked for there."""

    def __init__(self, settings: Settings) -> None:
        name = settings.executors_config_map
        request = ConfigMap(ClusterAccess.of_pod(), name) if name else None
        self.session = build_session(settings, initial_properties(request) if request else {})
        self._agent = ExecutorAgent(request, SparkExecutors(self.session)) if request else None
        if self._agent:
            self._agent.start()

    def stop(self) -> None:
        """Stop both."""
        if self._agent:
            self._agent.stop()
        self.session.stop()
