"""Figures per state and segment of the last 60 minutes, and the funnel, from the stream's
documents."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import Struct, structs

from analytics_api.models import Degradado
from analytics_api.region_models import (
    CarrinhosAbandonados,
    Funil,
    Regioes,
    VendasDoEstado,
    VendasDoSegmento,
)
from event_contracts.live_figures import ACTIVE_FOR, MINUTE, WINDOW


class Sums(Struct, frozen=True, kw_only=True):
    """Of one minute."""

    pedidos: int
    unidades: int
    receita: Decimal
    visualizacoes: int


class StateSums(Sums, frozen=True, kw_only=True):
    """Of a state."""

    estado: str
    regiao: str


class SegmentSums(Sums, frozen=True, kw_only=True):
    """Of a segment."""

    segmento: str


class StateActive(Struct, frozen=True):
    """Active customers of a state."""

    estado: str
    regiao: str
    n: int


class SegmentActive(Struct, frozen=True):
    """Active customers of a segment."""

    segmento: str
    n: int


class RegionsDocument(Struct, frozen=True, tag_field="tipo", tag="regioes"):
    """One UTC minute: the newest document replaces older ones."""

    id: str
    minuto: datetime
    estados: list[StateSums]
    segmentos: list[SegmentSums]
    atualizado_em: datetime


class ActiveRegionsDocument(Struct, frozen=True, tag_field="tipo", tag="regioes_ativos"):
    """Who was active at `contado_em`."""

    id: str
    contado_em: datetime
    estados: list[StateActive]
    segmentos: list[SegmentActive]
    aguardando: int
    atualizado_em: datetime


class AbandonedCarts(Struct, frozen=True):
    """What was left in carts."""

    carrinhos: int
    clientes: int
    com_preco: int
    valor: Decimal


class FunnelDocument(Struct, frozen=True, tag_field="tipo", tag="funil"):
    """The funnel as it was at `contado_em`."""

    id: str
    contado_em: datetime
    desde: datetime
    clicaram: int
    adicionaram: int
    compraram: int
    carrinhos_abandonados: AbandonedCarts
    atualizado_em: datetime


RegionDocument: TypeAlias = RegionsDocument | ActiveRegionsDocument | FunnelDocument
Key: TypeAlias = tuple[str, ...]
_NO_CARTS = AbandonedCarts(0, 0, 0, Decimal(0))


@dataclass(slots=True)
class _Total:
    """The sum of a state or segment."""

    pedidos: int = 0
    unidades: int = 0
    receita: Decimal = Decimal(0)
    visualizacoes: int = 0
    usuarios_ativos: int = 0

    def add(self, sums: Sums) -> None:
        self.pedidos += sums.pedidos
        self.unidades += sums.unidades
        self.receita += sums.receita
        self.visualizacoes += sums.visualizacoes

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class RegionWindow:
    """The newest documents by their `_id`."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        """When the newest document was written."""
        self.version = 0
        """Increases with every change."""
        self._minutes: dict[str, RegionsDocument] = {}
        self._active: ActiveRegionsDocument | None = None
        self._funnel: FunnelDocument | None = None

    def merge(self, documents: Iterable[RegionDocument], *, now: datetime) -> None:
        """Add documents; minutes that have left the window are dropped."""
        changed = [document for document in documents if self._put(document)]
        first, _ = _window(now)
        self._minutes = {key: d for key, d in self._minutes.items() if d.minuto >= first}
        moments = [document.atualizado_em for document in changed]
        self.newest = max([*moments, *([self.newest] if self.newest else [])], default=None)
        self.version += bool(changed)

    def version_at(self, now: datetime) -> tuple[object, ...]:
        """A value that changes whenever `regions` does, with time as with documents."""
        return (self.version, now.replace(second=0, microsecond=0), self._active_at(now) is None)

    def regions(self, now: datetime, degraded: list[Degradado]) -> Regioes:
        """Sums of the window, and who is active."""
        active = self._active_at(now)
        states = self._totals(now, lambda d: d.estados, active.estados if active else [])
        segments = self._totals(now, lambda d: d.segmentos, active.segmentos if active else [])
        return Regioes(
            estados=[
                VendasDoEstado(estado=estado, regiao=regiao, **total.fields())
                for (estado, regiao), total in states
            ],
            segmentos=[
                VendasDoSegmento(segmento=segmento, **total.fields())
                for (segmento,), total in segments
            ],
            aguardando=self._active.aguardando if self._active else 0,
            atualizado_em=self.newest,
            degradado=degraded,
        )

    def funnel(self, degraded: list[Degradado]) -> Funil:
        """The funnel as the stream last wrote it."""
        found = self._funnel
        carts = found.carrinhos_abandonados if found else _NO_CARTS
        return Funil(
            desde=found.desde if found else None,
            contado_em=found.contado_em if found else None,
            clicaram=found.clicaram if found else 0,
            adicionaram=found.adicionaram if found else 0,
            compraram=found.compraram if found else 0,
            carrinhos_abandonados=CarrinhosAbandonados(**structs.asdict(carts)),
            degradado=degraded,
        )

    def _put(self, document: RegionDocument) -> bool:
        """Keep a document; whether it is another than before."""
        match document:
            case RegionsDocument():
                before: RegionDocument | None = self._minutes.get(document.id)
                self._minutes[document.id] = document
            case ActiveRegionsDocument():
                before, self._active = self._active, document
            case FunnelDocument():
                before, self._funnel = self._funnel, document
        return before != document

    def _active_at(self, now: datetime) -> ActiveRegionsDocument | None:
        """Nobody is known to be active if the stream has not counted for so long."""
        if self._active is None or now - self._active.contado_em >= ACTIVE_FOR:
            return None
        return self._active

    def _totals(
        self,
        now: datetime,
        rows: Callable[[RegionsDocument], Sequence[StateSums] | Sequence[SegmentSums]],
        active: Sequence[StateActive] | Sequence[SegmentActive],
    ) -> list[tuple[Key, _Total]]:
        """The highest revenue first; ties by name."""
        first, last = _window(now)
        totals: dict[Key, _Total] = {}
        for document in self._minutes.values():
            if first <= document.minuto <= last:
                for row in rows(document):
                    totals.setdefault(_key(row), _Total()).add(row)
        for each in active:
            totals.setdefault(_key(each), _Total()).usuarios_ativos += each.n
        return sorted(totals.items(), key=lambda item: (-item[1].receita, item[0]))


def _key(row: StateSums | SegmentSums | StateActive | SegmentActive) -> Key:
    if isinstance(row, StateSums | StateActive):
        return row.estado, row.regiao
    return (row.segmento,)


def _window(now: datetime) -> tuple[datetime, datetime]:
    last = now.replace(second=0, microsecond=0)
    return last - WINDOW + MINUTE, last
