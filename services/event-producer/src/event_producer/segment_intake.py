"""Turns a body of Segment's HTTP Tracking API into messages for Kafka."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Raw

from event_contracts.evento import Evento, decode_eventos
from event_producer.intake import Headers, Intake, intake_of
from event_producer.refusal import MAX_EVENTOS, Problem, no_call, too_many
from event_producer.segment import Call, Campos, SkipReason, events_of

_T = TypeVar("_T")


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[Raw]
    sent_at: Any = None


def _number(text: str) -> Raw:
    """A number as it was written, so that a price stays exact."""
    return Raw(text.encode())


_CALL: Final = msgspec.json.Decoder(Call, float_hook=_number)
_BATCH: Final = msgspec.json.Decoder(_Batch)
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_encode: Final = msgspec.json.Encoder().encode

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
"""A pair of surrogates, one that stands alone (the group), or any other escape."""
_NO_NUMBER: Final = re.compile(rb'(?s)"(?:[^"\\]|\\.)*+"?|(NaN|-?Infinity)')
"""A text, or what Python writes for a number that JSON has no word for (the group)."""


@dataclass(frozen=True, slots=True)
class SegmentIntake:
    """The messages of one request, what is wrong with its refused events, and why calls were
    skipped that are no event."""

    intake: Intake
    skipped: list[SkipReason]


def take_in_calls(
    body: bytes,
    *,
    type_of_call: str | None,
    received_at: datetime,
    headers: Headers,
    new_id: Callable[[], UUID],
) -> SegmentIntake:
    """The good events of a call of this type or, where that is None, of a batch of any types.

    `RefusedError` only if the body is no JSON object, or has no `batch` (400), or has too many
    calls or events (413).
    """
    calls = _batch(body) if type_of_call is None else _single(body, type_of_call)
    campos, skipped = _sorted(calls, received_at.isoformat())
    array = _encode(campos)
    decoded = decode_eventos(array, received_at=received_at, at_most=MAX_EVENTOS) or []
    eventos = [evento for evento in decoded if isinstance(evento, Evento)]
    problems: list[Problem] = [
        (index, problem)
        for index, refused in enumerate(decoded)
        if not isinstance(refused, Evento)
        for problem in refused
    ]
    return SegmentIntake(
        intake_of(eventos, headers=headers, new_id=new_id, problems=problems), skipped
    )


def _sorted(calls: list[Call | None], received_at: str) -> tuple[list[Campos], list[SkipReason]]:
    campos: list[Campos] = []
    skipped: list[SkipReason] = []
    for call in calls:
        found = SkipReason.ILEGIVEL if call is None else events_of(call, received_at=received_at)
        if isinstance(found, SkipReason):
            skipped.append(found)
            continue
        campos += islice(found, MAX_EVENTOS + 1 - len(campos))
        if len(campos) > MAX_EVENTOS:
            raise too_many()
    return campos, skipped


def _single(body: bytes, type_of_call: str) -> list[Call | None]:
    call = _decoded(_CALL, body)
    if call is None:
        raise no_call()
    return [msgspec.structs.replace(call, type=type_of_call)]


def _batch(body: bytes) -> list[Call | None]:
    batch = _decoded(_BATCH, body)
    if batch is None:
        raise no_call()
    if len(batch.batch) > MAX_EVENTOS:
        raise too_many()
    return [_with_sent_at(_decoded(_CALL, bytes(raw)), batch.sent_at) for raw in batch.batch]


def _with_sent_at(call: Call | None, sent_at: object) -> Call | None:
    """The call with the batch's `sentAt` if it has none: clients write it once for a batch."""
    if call is None or call.sent_at is not None:
        return call
    return msgspec.structs.replace(call, sent_at=sent_at)


def _decoded(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T | None:
    """The decoded body, or None; NaN and halves of characters are replaced if it must be."""
    try:
        return decoder.decode(body)
    except _UNREADABLE:
        mended = _NO_NUMBER.sub(_wrong_number, _ESCAPE.sub(_without_half, body))
        return None if mended == body else _decoded(decoder, mended)


def _without_half(escape: re.Match[bytes]) -> bytes:
    """JavaScript writes half of a character as an escape, where a text was cut in its middle. UTF-8
    cannot hold that, so it is replaced as browsers do (`String.prototype.toWellFormed`)."""
    return rb"\ufffd" if escape[1] else escape[0]


def _wrong_number(token: re.Match[bytes]) -> bytes:
    """`false` in place of a NaN: wrong where a text or number is read, harmless elsewhere."""
    return b"false" if token[1] else token[0]
