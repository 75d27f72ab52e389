"""Reads Kafka's records as events; those that are none are counted by their reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from confluent_kafka import Message

from click_logger.placed_event import Place, PlacedEvent, to_millisecond
from event_contracts.evento import Evento, TipoEvento, decode_evento
from event_contracts.identity import event_identity
from event_contracts.rejection import Motivo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND: Final = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Records:
    """What a batch holds: events in the order of their records, and counts of all else."""

    events: list[PlacedEvent] = field(default_factory=list)
    probes: int = 0
    rejected: Counter[Motivo] = field(default_factory=Counter)
    """Each record once, by the first of its reasons."""


def read_records(batch: Sequence[Message]) -> Records:
    """Decode a batch as the stream does, by the same decoder and Kafka's own timestamps."""
    events, probes, rejected = [], 0, Counter[Motivo]()
    for message in batch:
        decoded = decode_evento(message.value(), received_at=_received_at(message))
        if not isinstance(decoded, Evento):
            rejected[decoded[0].motivo] += 1
        elif decoded.tipo_evento is TipoEvento.SONDA:
            probes += 1
        else:
            events.append(_placed(message, decoded))
    return Records(events, probes, rejected)


def _received_at(message: Message) -> datetime:
    """Within the calendar, whatever timestamp a sender gave the record."""
    _, millisecond = message.timestamp()
    return _EPOCH + timedelta(milliseconds=min(max(millisecond, 0), _LAST_MILLISECOND))


def _placed(message: Message, evento: Evento) -> PlacedEvent:
    place = Place(message.partition() or 0, message.offset() or 0)
    identity = event_identity(
        evento.id_evento,
        topic=message.topic() or "",
        partition=place.partition,
        offset=place.offset,
    )
    return PlacedEvent(*identity, place, to_millisecond(evento.timestamp), evento)
