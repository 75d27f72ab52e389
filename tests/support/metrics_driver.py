"""A Spark application with the metrics query alone: `python -m tests.support.metrics_driver`."""

from stream_processor.metrics_query import start_metrics_query
from stream_processor.metrics_store import MetricsStore
from stream_processor.session import build_session
from stream_processor.settings import Settings
from stream_processor.supervision import BatchGuard

if __name__ == "__main__":
    settings = Settings()
    store = MetricsStore(settings)
    start_metrics_query(build_session(settings), settings, store, BatchGuard()).awaitTermination()
