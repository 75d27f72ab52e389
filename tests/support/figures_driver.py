"""A Spark application with the figures query alone: `python -m tests.support.figures_driver`."""

from stream_processor.figures_query import start_figures_query
from stream_processor.figures_store import FiguresStore
from stream_processor.session import build_session
from stream_processor.settings import Settings
from stream_processor.supervision import BatchGuard

if __name__ == "__main__":
    settings = Settings()
    store = FiguresStore(settings)
    start_figures_query(build_session(settings), settings, store, BatchGuard()).awaitTermination()
