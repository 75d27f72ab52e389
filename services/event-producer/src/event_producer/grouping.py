"""Decisions on a group of requests: direct to Kafka or to the spool, when, and how many."""

from collections.abc import Collection, Sequence
from typing import Final

from event_producer.intake import Message

MAX_PENDING_BYTES: Final = 64 * 1024 * 1024
"""What may wait in memory for its turn; a request beyond it is refused at once."""

_ROW_BYTES: Final = 128


def stored_size(messages: Sequence[Message]) -> int:
    """Bytes that count against the limits: keys, values, and a flat sum for headers and row."""
    return sum(len(m.key) + len(m.value) for m in messages) + _ROW_BYTES * len(messages)


def pause(*, requests: int, interval: float, elapsed: float) -> float:
    """Seconds until the next group may begin, when this one had so many requests.

    Each group costs Kafka a write, so under load groups begin at least `interval` apart. After
    a group of one request there is no pause: the load is low.
    """
    return max(0.0, interval - elapsed) if requests > 1 else 0.0


def goes_direct(*, spooled: int) -> bool:
    """Whether to send to Kafka directly: only while the spool is empty, so that order is kept."""
    return spooled == 0


def fitting(sizes: Sequence[int], *, room: int) -> int:
    """How many requests of a group, from its first, the spool takes.

    Once one does not fit, none after it is taken, or a user's events would overtake each other.
    """
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def undelivered_of(messages: Sequence[Message], values: Collection[bytes]) -> list[Message]:
    """The messages whose value Kafka did not acknowledge, in order.

    They are compared by value, which a delivery report has at no extra cost. Of two equal ones
    both are sent again; their `id_evento` makes that harmless.
    """
    if not values:
        return []
    return [message for message in messages if message.value in values]
