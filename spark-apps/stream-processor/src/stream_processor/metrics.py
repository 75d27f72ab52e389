"""What the live metrics remember, and how events change it. See docs/metrics.md.

State is kept per Kafka partition, because all events of a customer lie in one: figures of
partitions add up, repeats meet the ids they repeat, and nothing needs a wider shuffle.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from event_contracts.evento import Evento, TipoEvento, event_name

MINUTE: Final = 60
BUCKET: Final = 10
"""Active users are told apart to this many seconds."""
ACTIVE: Final = timedelta(minutes=5)
LATENESS: Final = timedelta(minutes=10)
"""A minute is closed once the newest event of its partition is this much younger."""
ACTIVITY: Final = -1
"""Stands in place of a minute where the state is that of active users."""


class Sighting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One event as the metrics need it; `centavos` is the whole line, not the unit price."""

    id: bytes
    tipo: TipoEvento
    id_produto: str
    id_pedido: str | None
    unidades: int
    centavos: int


class MinuteState(msgspec.Struct, array_like=True):
    """All that happened in one minute of one partition."""

    seen: set[bytes] = msgspec.field(default_factory=set)
    pedidos: set[str] = msgspec.field(default_factory=set)
    unidades: int = 0
    centavos: int = 0
    visualizacoes: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, sightings: Iterable[Sighting]) -> None:
        """Count each event once, however often it comes."""
        for sighting in sightings:
            if sighting.id in self.seen:
                continue
            self.seen.add(sighting.id)
            if sighting.tipo is TipoEvento.CLIQUE:
                views = self.visualizacoes.get(sighting.id_produto, 0)
                self.visualizacoes[sighting.id_produto] = views + 1
            elif sighting.tipo is TipoEvento.COMPRA and sighting.id_pedido is not None:
                self.pedidos.add(sighting.id_pedido)
                self.unidades += sighting.unidades
                self.centavos += sighting.centavos


class ActivityState(msgspec.Struct, array_like=True):
    """The newest second at which each user of one partition did something."""

    latest: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, latest: dict[str, int]) -> None:
        """Move users forward in time, never back; forget those long inactive."""
        for user, second in latest.items():
            self.latest[user] = max(second, self.latest.get(user, second))
        newest = max(self.latest.values(), default=0)
        oldest = newest - int(ACTIVE.total_seconds()) - MINUTE
        self.latest = {user: s for user, s in self.latest.items() if s > oldest}

    def buckets(self) -> dict[int, int]:
        """First second of each bucket -> users whose newest event lies in it."""
        counts: dict[int, int] = {}
        for second in self.latest.values():
            bucket = second - second % BUCKET
            counts[bucket] = counts.get(bucket, 0) + 1
        return counts


class PartitionDelta:
    """What one micro-batch adds to one partition, gathered before anything is shuffled."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.minutes: dict[int, list[Sighting]] = {}
        self.latest: dict[str, int] = {}

    def add(self, evento: Evento, *, topic: str, offset: int) -> None:
        """Put one event where it belongs."""
        second = int(evento.timestamp.timestamp())
        self.latest[evento.id_usuario] = max(second, self.latest.get(evento.id_usuario, 0))
        name = event_name(evento, topic=topic, partition=self.partition, offset=offset)
        self.minutes.setdefault(second - second % MINUTE, []).append(_sighting(evento, name))


def _sighting(evento: Evento, name: str) -> Sighting:
    quantidade, preco = evento.quantidade or 0, evento.preco or 0
    return Sighting(
        id=evento.id_evento.bytes if evento.id_evento else name.encode(),
        tipo=evento.tipo_evento,
        id_produto=evento.id_produto,
        id_pedido=evento.id_pedido,
        unidades=quantidade,
        centavos=int(quantidade * preco * 100),
    )


def as_moment(second: int) -> datetime:
    """Unix seconds as a UTC datetime."""
    return datetime.fromtimestamp(second, UTC)
