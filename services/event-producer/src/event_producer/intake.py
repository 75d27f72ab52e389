"""Turns a request body into messages for Kafka, or into a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from event_contracts.evento import Evento, decode_evento, decode_eventos, encode_evento
from event_contracts.record import TooManyElementsError
from event_contracts.rejection import Motivo, Rejeicao
from event_producer.refusal import (
    MAX_EVENTOS,
    Problem,
    RefusedError,
    empty_array,
    invalid,
    not_json,
    too_many,
)

_UNREADABLE: Final = {Motivo.VAZIO, Motivo.NAO_UTF8, Motivo.NAO_JSON}
_JSON_SPACE: Final = b" \t\r\n"
_T = TypeVar("_T")

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
    decoded = decode_body(
        body,
        one=lambda raw: decode_evento(raw, received_at=received_at),
        many=lambda raw: decode_eventos(raw, received_at=received_at, at_most=MAX_EVENTOS),
    )
    eventos, problems = good_of(decoded, partial=partial)
    return intake_of(eventos, headers=headers, new_id=new_id, problems=problems)


def decode_body(
    body: bytes,
    *,
    one: Callable[[bytes], _T],
    many: Callable[[bytes], list[_T] | None],
    what: str = "event",
) -> list[_T]:
    """What `one` makes of the body, or what `many` makes of it where it is an array.

    `RefusedError` (400, 413 or 422) where it is no JSON, or has too many elements or none.
    """
    if not body.lstrip(_JSON_SPACE).startswith(b"["):
        return [one(body)]
    try:
        decoded = many(body)
    except TooManyElementsError as error:
        raise too_many(what) from error
    if decoded is None:
        raise not_json()
    if not decoded:
        raise empty_array(what)
    return decoded


def good_of(
    decoded: list[_T | list[Rejeicao]], *, partial: bool, what: str = "event"
) -> tuple[list[_T], list[Problem]]:
    """The elements without a problem, and the problems of the others.

    `RefusedError` (400 or 422) when there is a problem; with `partial`, only when none is good.
    """
    good: list[_T] = []
    problems: list[Problem] = []
    for index, each in enumerate(decoded):
        if isinstance(each, list):
            problems += [(index, problem) for problem in each]
        else:
            good.append(each)
    if problems and not (partial and good):
        raise _refusal(problems, n_good=len(good), what=what)
    return good, problems


def _refusal(problems: list[Problem], *, n_good: int, what: str) -> RefusedError:
    if any(problem.motivo in _UNREADABLE for _, problem in problems):
        return not_json()
    return invalid(problems, n_good=n_good, what=what)


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
