"""The Spark session, tuned for short micro-batches."""

from pathlib import Path

from pyspark.sql import SparkSession

from stream_processor.settings import Settings

_SHORT_BATCHES = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.streaming.minBatchesToRetain": "10",
    "spark.sql.streaming.pollingDelay": "20ms",
    "spark.sql.streaming.metricsEnabled": "false",
    "spark.sql.streaming.numRecentProgressUpdates": "5",
    "spark.sql.ui.retainedExecutions": "5",
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution."
    "streaming.checkpointing.FileSystemBasedCheckpointFileManager",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.python.worker.reuse": "true",
    "spark.cleaner.referenceTracking.blocking": "false",
}


def build_session(settings: Settings) -> SparkSession:
    """Start Spark, or join the one that spark-submit started."""
    builder = SparkSession.builder.appName("stream-processor")
    if settings.spark_master:
        builder = builder.master(settings.spark_master)
    if settings.spark_jars_dir:
        jars = sorted(str(jar) for jar in Path(settings.spark_jars_dir).glob("*.jar"))
        builder = builder.config("spark.jars", ",".join(jars))
    builder = builder.config("spark.driver.memory", settings.spark_driver_memory)
    for key, value in _SHORT_BATCHES.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    return session
