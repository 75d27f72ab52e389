"""A Spark application with the figures query alone: `python -m tests.support.figures_driver`.

`PROFILES_MONGO_URL` is where it reads profiles, if that is another address.
"""

import os

from service_runtime.settings import MongoSettings
from stream_processor.enrichment import Enrichment
from stream_processor.figures_query import start_figures_query
from stream_processor.figures_store import FiguresStore
from stream_processor.profile_source import ProfileSource
from stream_processor.session import build_session
from stream_processor.settings import Settings
from stream_processor.supervision import BatchGuard


def _profiles(settings: MongoSettings) -> ProfileSource:
    url = os.environ.get("PROFILES_MONGO_URL")
    return ProfileSource(MongoSettings(mongo_url=url) if url else settings)


if __name__ == "__main__":
    settings = Settings()
    store = FiguresStore(settings)
    enrichment = Enrichment(_profiles(settings), FiguresStore(settings))
    start_figures_query(
        build_session(settings, {}), settings, store, enrichment, BatchGuard()
    ).awaitTermination()
