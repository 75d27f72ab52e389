"""Fault injection: makes some of the shop's events late, repeated or broken."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from event_contracts.evento import Evento, TipoEvento, encode_evento
from shop_simulator.broken import broken_event
from shop_simulator.record import Entry, Kind, sent_again
from shop_simulator.visits import Action

REPEAT_AFTER: Final = (200, 2000)
"""How many events later a repeat comes: never in the request of its original."""
LATE_MINUTES: Final = (2.0, 360.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of all that is sent; `via_kafka` is a share of the broken events."""

    late: float = 0.0
    repeated: float = 0.0
    broken: float = 0.0
    via_kafka: float = 0.0


@dataclass(frozen=True, slots=True)
class Sending:
    """Bytes to send, and the line of the record to write once their fate is known."""

    value: bytes
    entry: Entry


class FaultInjector:
    """Turns the actions of customers into what is sent, faults included."""

    def __init__(
        self, actions: Iterator[Action], rng: random.Random, *, shares: Shares, run: str
    ) -> None:
        self._actions = actions
        self._rng = rng
        self._shares = shares
        self._run = run
        self._position = 0
        self._again: list[tuple[int, bytes, Entry]] = []

    def next(self, now: datetime) -> Sending:
        """The next thing to send; the same for the same seeds but for what `now` tells."""
        self._position += 1
        if self._again and self._again[0][0] <= self._position:
            return self._repeat()
        roll = self._rng.random()
        if roll < self._shares.broken:
            return self._broken(now)
        late = roll < self._shares.broken + self._shares.late
        sending = _good(next(self._actions), self._late(now) if late else now, late=late)
        if self._rng.random() < self._shares.repeated:
            due = self._position + self._rng.randint(*REPEAT_AFTER)
            heappush(self._again, (due, sending.value, sending.entry))
        return sending

    def _late(self, now: datetime) -> datetime:
        return now - timedelta(minutes=self._rng.uniform(*LATE_MINUTES))

    def _repeat(self) -> Sending:
        _, value, entry = heappop(self._again)
        return Sending(value, sent_again(entry))

    def _broken(self, now: datetime) -> Sending:
        via_kafka = self._rng.random() < self._shares.via_kafka
        good = {
            "id_usuario": "u-quebrado",
            "tipo_evento": str(TipoEvento.CLIQUE),
            "id_produto": f"p-quebrado-{self._position}",
            "timestamp": now.isoformat(),
        }
        motivo, value = broken_event(self._rng, good, now=now)
        kind = Kind.BROKEN_KAFKA if via_kafka else Kind.BROKEN_HTTP
        chave = f"quebrado-{self._run}-{self._position}"
        return Sending(value, Entry(kind=kind, motivo=motivo, chave=chave))


def _good(action: Action, timestamp: datetime, *, late: bool) -> Sending:
    evento = Evento(
        id_usuario=action.id_usuario,
        tipo_evento=action.tipo_evento,
        id_produto=action.id_produto,
        timestamp=timestamp,
        id_evento=str(action.id_evento),
        id_pedido=action.id_pedido,
        quantidade=action.quantidade,
        preco=action.preco,
        id_sessao=action.id_sessao,
    )
    entry = Entry(
        kind=Kind.LATE if late else Kind.NORMAL,
        id_evento=str(action.id_evento),
        id_usuario=action.id_usuario,
        tipo_evento=action.tipo_evento,
        id_produto=action.id_produto,
        timestamp=timestamp,
        id_pedido=action.id_pedido,
        quantidade=action.quantidade,
        preco=action.preco,
    )
    return Sending(encode_evento(evento), entry)
