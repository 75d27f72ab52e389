"""Turns a body of `POST /estoque` into messages for Kafka, or into a refusal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from event_contracts.estoque import (
    AtualizacaoEstoque,
    decode_estoque,
    decode_estoques,
    encode_estoque,
)
from event_producer.intake import Headers, Message, decode_body, good_of
from event_producer.refusal import MAX_EVENTOS, Problem

_WHAT: Final = "update"


@dataclass(frozen=True, slots=True)
class StockIntake:
    """The messages of one request, and what is wrong with the updates that are not among them."""

    messages: list[Message]
    problems: list[Problem]


def take_in_stock(
    body: bytes, *, received_at: datetime, headers: Headers, partial: bool
) -> StockIntake:
    """All updates of the body, or with `partial` the good ones; refuses as `intake.take_in`."""
    decoded = decode_body(
        body,
        one=lambda raw: decode_estoque(raw, received_at=received_at),
        many=lambda raw: decode_estoques(raw, received_at=received_at, at_most=MAX_EVENTOS),
        what=_WHAT,
    )
    updates, problems = good_of(decoded, partial=partial, what=_WHAT)
    return StockIntake([_message(update, headers) for update in updates], problems)


def _message(update: AtualizacaoEstoque, headers: Headers) -> Message:
    return Message(update.id_produto, encode_estoque(update), headers)
