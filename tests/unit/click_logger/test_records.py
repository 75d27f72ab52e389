"""Which records are events, whatever their senders wrote into them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, Message
from tests.support.events import NOW, SEED

from click_logger.placed_event import Place
from click_logger.records import read_records
from event_contracts.rejection import Motivo


def record(value: bytes | None, *, offset: int = 7, millisecond: int | None = None) -> Message:
    arrived = int(NOW.timestamp() * 1000) if millisecond is None else millisecond
    return Message(
        topic="t",
        partition=3,
        offset=offset,
        value=value,
        timestamp=(TIMESTAMP_CREATE_TIME, arrived),
    )


def sent(**changes: Any) -> bytes:
    return json.dumps(SEED | changes).encode()


def test_an_event_with_its_place_and_its_moment_to_the_millisecond() -> None:
    (event,) = read_records([record(sent(timestamp="2025-05-14T19:16:00.123999"))]).events
    assert (event.id_evento, event.original, event.place) == ("t-3-7", None, Place(3, 7))
    assert event.moment == datetime(2025, 5, 14, 19, 16, 0, 123_000, tzinfo=UTC)


def test_all_else_is_counted_by_its_first_reason() -> None:
    broken = [None, b"[]", b"[1]", sent(id_usuario=None, id_produto=None)]
    batch = [record(value, offset=n) for n, value in enumerate(broken)]
    records = read_records([*batch, record(sent(tipo_evento="sonda"), offset=8), record(sent())])
    assert [event.place.offset for event in records.events] == [7]
    assert records.probes == 1
    assert records.rejected == {Motivo.VAZIO: 1, Motivo.NAO_OBJETO: 2, Motivo.TIPO_ERRADO: 1}


@pytest.mark.parametrize(
    ("millisecond", "is_event"),
    [
        pytest.param(-1, False, id="none, so that the event lies ahead of it"),
        pytest.param(-(2**62), False, id="before the calendar"),
        pytest.param(2**62, True, id="after the calendar"),
    ],
)
def test_a_timestamp_outside_the_calendar_stops_nothing(millisecond: int, is_event: bool) -> None:
    records = read_records([record(sent(), millisecond=millisecond)])
    assert bool(records.events) is is_event
    assert records.rejected == ({} if is_event else {Motivo.DATA_FUTURA: 1})
