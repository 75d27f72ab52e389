"""What a request body asks for: messages for Kafka, or a refusal of the whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from event_contracts.evento import Evento, decode_evento, encode_evento
from event_contracts.rejection import Motivo, Rejeicao
from event_producer.refusal import invalid_events, no_events, not_json

_UNREADABLE: Final = {Motivo.VAZIO, Motivo.NAO_UTF8, Motivo.NAO_JSON}
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_JSON_SPACE: Final = b" \t\r\n"


Headers = dict[str, str | bytes | None]


class Message(NamedTuple):
    """A record for Kafka; the messages of a request share one `headers`."""

    key: str
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Intake:
    """The messages of one request, and the ids given to those that had none, in order."""

    messages: list[Message]
    given_ids: list[UUID]


def take_in(
    body: bytes,
    *,
    received_at: datetime,
    headers: Headers,
    new_id: Callable[[], UUID],
) -> Intake:
    """All events of the body, or `RefusedError` (400 or 422) when any of them is wrong."""
    raws = _split(body)
    eventos: list[Evento] = []
    problems: list[tuple[int, Rejeicao]] = []
    for index, raw in enumerate(raws):
        evento = decode_evento(raw, received_at=received_at)
        if isinstance(evento, Evento):
            eventos.append(evento)
        else:
            problems += [(index, problem) for problem in evento]
    if problems:
        _refuse(problems)
    return _messages(eventos, headers, new_id)


def _split(body: bytes) -> list[bytes]:
    if not body.lstrip(_JSON_SPACE).startswith(b"["):
        return [body]
    try:
        raws = _ARRAY.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        raise not_json() from None
    if not raws:
        raise no_events()
    return [bytes(raw) for raw in raws]


def _refuse(problems: list[tuple[int, Rejeicao]]) -> None:
    if any(problem.motivo in _UNREADABLE for _, problem in problems):
        raise not_json()
    raise invalid_events(problems)


def _messages(eventos: list[Evento], headers: Headers, new_id: Callable[[], UUID]) -> Intake:
    messages: list[Message] = []
    given_ids: list[UUID] = []
    for evento in eventos:
        if evento.id_evento is None:
            given_ids.append(new_id())
            evento = msgspec.structs.replace(evento, id_evento=given_ids[-1])
        messages.append(Message(evento.id_usuario, encode_evento(evento), headers))
    return Intake(messages, given_ids)


def uuid7(milliseconds: int, randomness: int) -> UUID:
    """RFC 9562 version 7, so that ids made together lie together; 74 random bits are used."""
    high = (milliseconds & (1 << 48) - 1) << 16 | 0x7000 | (randomness >> 62) & 0xFFF
    low = 0b10 << 62 | randomness & (1 << 62) - 1
    return UUID(int=high << 64 | low)
