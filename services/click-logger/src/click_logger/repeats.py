"""Decides which occurrence of an event counts."""

from collections.abc import Collection, Iterable, Mapping

from click_logger.placed_event import Place, PlacedEvent


def first_of_each(events: Iterable[PlacedEvent]) -> list[PlacedEvent]:
    """The first occurrence of each identity, in order."""
    first: dict[str, PlacedEvent] = {}
    for event in events:
        first.setdefault(event.id_evento, event)
    return list(first.values())


def that_count(
    events: Iterable[PlacedEvent], *, inserted: Collection[Place], known: Mapping[str, Place]
) -> list[PlacedEvent]:
    """The events whose place is the one that the log holds, in order.

    `inserted` are the places that were just written, `known` the places of identities that the log
    had before. After a crash the same events count again, and a repeat still does not.
    """
    return [
        event
        for event in events
        if event.place in inserted or known.get(event.id_evento) == event.place
    ]
