"""Turns a request body into messages for Kafka, or into a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from event_contracts.evento import (
    Evento,
    TooManyEventosError,
    decode_evento,
    decode_eventos,
    encode_evento,
)
from event_contracts.rejection import Motivo, Rejeicao
from event_producer.refusal import (
    MAX_EVENTOS,
    Problem,
    RefusedError,
    invalid_events,
    no_events,
    not_json,
    too_many,
)

_UNREADABLE: Final = {Motivo.VAZIO, Motivo.NAO_UTF8, Motivo.NAO_JSON}
_JSON_SPACE: Final = b" \t\r\n"


Headers = dict[str, str | bytes | None]


class Message(NamedTuple):
    """A record for Kafka; the messages of a request share one `headers`."""

    key: str
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Intake:
    """The messages of one request, the ids given to those that had none, in order, and what is
    wrong with the events that are not among them."""

    messages: list[Message]
    given_ids: list[UUID]
    problems: list[Problem]


def take_in(
    body: bytes,
    *,
    received_at: datetime,
    headers: Headers,
    new_id: Callable[[], UUID],
    partial: bool = False,
) -> Intake:
    """All events of the body, or `RefusedError` (400, 413 or 422) when any of them is wrong or
    they are too many.

    With `partial`, the good events, and `RefusedError` only when there is none.
    """
    eventos: list[Evento] = []
    problems: list[Problem] = []
    for index, decoded in enumerate(_decoded(body, received_at)):
        if isinstance(decoded, Evento):
            eventos.append(decoded)
        else:
            problems += [(index, problem) for problem in decoded]
    if problems and not (partial and eventos):
        raise _refusal(problems, n_good=len(eventos))
    return intake_of(eventos, headers=headers, new_id=new_id, problems=problems)


def _decoded(body: bytes, received_at: datetime) -> list[Evento | list[Rejeicao]]:
    if not body.lstrip(_JSON_SPACE).startswith(b"["):
        return [decode_evento(body, received_at=received_at)]
    try:
        decoded = decode_eventos(body, received_at=received_at, at_most=MAX_EVENTOS)
    except TooManyEventosError as error:
        raise too_many() from error
    if decoded is None:
        raise not_json()
    if not decoded:
        raise no_events()
    return decoded


def _refusal(problems: list[Problem], *, n_good: int) -> RefusedError:
    if any(problem.motivo in _UNREADABLE for _, problem in problems):
        return not_json()
    return invalid_events(problems, n_good=n_good)


def intake_of(
    eventos: list[Evento],
    *,
    headers: Headers,
    new_id: Callable[[], UUID],
    problems: list[Problem],
) -> Intake:
    """The messages of good events, each with an id."""
    messages: list[Message] = []
    given_ids: list[UUID] = []
    for evento in eventos:
        if evento.id_evento is None:
            given_ids.append(new_id())
            evento = msgspec.structs.replace(evento, id_evento=str(given_ids[-1]))
        messages.append(Message(evento.id_usuario, encode_evento(evento), headers))
    return Intake(messages, given_ids, problems)


def uuid7(milliseconds: int, randomness: int) -> UUID:
    """RFC 9562 version 7, so that ids made together lie together; 74 random bits are used."""
    high = (milliseconds & (1 << 48) - 1) << 16 | 0x7000 | (randomness >> 62) & 0xFFF
    low = 0b10 << 62 | randomness & (1 << 62) - 1
    return UUID(int=high << 64 | low)
