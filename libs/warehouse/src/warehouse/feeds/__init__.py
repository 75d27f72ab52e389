"""The feeds: one module for each topic that the warehouse loads."""

from typing import Final

from warehouse.feeds.estoque import ESTOQUE
from warehouse.feeds.eventos import EVENTOS
from warehouse.feeds.feed import Feed

FEEDS: Final[tuple[Feed, ...]] = (EVENTOS, ESTOQUE)


def feed_of(topic: str) -> Feed:
    """The feed of a topic. Raises KeyError for a topic that has none."""
    return {feed.topic: feed for feed in FEEDS}[topic]
