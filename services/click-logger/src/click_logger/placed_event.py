"""An event together with its identity and its place on Kafka."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from event_contracts.evento import Evento


class Place(NamedTuple):
    """Where a record lies in the topic."""

    partition: int
    offset: int


class PlacedEvent(msgspec.Struct, frozen=True, gc=False):
    """`id_evento` is the identity by which repeats are found, `original` the sender's own text
    where that is no UUID. `moment` is the event's timestamp to the millisecond, as MongoDB
    keeps it."""

    id_evento: str
    original: str | None
    place: Place
    moment: datetime
    evento: Evento


def to_millisecond(moment: datetime) -> datetime:
    """Without what MongoDB would cut off, so that a value read back is the one written."""
    microsecond = moment.microsecond
    return moment.replace(microsecond=microsecond - microsecond % 1000)
