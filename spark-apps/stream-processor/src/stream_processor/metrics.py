"""What the live figures remember on the driver, and how the groups that changed alter it.

Spark's state holds every group; here is only what documents show, which is bounded: the most
viewed products of a minute, and the customers of the last minutes. See docs/metrics.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from heapq import nsmallest
from typing import Final, NamedTuple

from event_contracts import live_figures
from event_contracts.live_figures import ACTIVE_FOR, WINDOW

MINUTE: Final = live_figures.MINUTE // timedelta(seconds=1)
"""In seconds."""
REPEATS: Final = timedelta(minutes=5)
"""Delay of the watermark: a repeat that is read within this time of the first one never counts."""
ARRIVALS: Final = timedelta(minutes=30)
"""Length of the windows of reading time after which Spark's state lets go of its groups."""
MOST_VIEWED: Final = 1000
"""How many products of a minute a document names."""


class Kind(StrEnum):
    """What a group of Spark's aggregation counts."""

    SALES = "vendas"
    VIEWS = "visualizacoes"
    ACTIVITY = "ativos"


class Group(NamedTuple):
    """The absolute values of one group; its fields are the columns of the aggregation.

    `chave` is the product of VIEWS, the customer of ACTIVITY, and empty for SALES. `janela` and
    `revisao` are milliseconds, the start of the window of reading time and the time of the
    micro-batch that last changed the group; `minuto` and `atividade` are seconds.
    """

    janela: int
    tipo: str
    minuto: int
    chave: str
    n: int
    unidades: int
    receita: Decimal
    atividade: int | None
    revisao: int


class MinuteKey(NamedTuple):
    """One UTC minute, as far as it was read within one window of reading time."""

    minuto: int
    janela: int


@dataclass(slots=True)
class MinuteFigures:
    """What happened in a minute; returns make `unidades` and `receita` smaller."""

    pedidos: int = 0
    unidades: int = 0
    receita: Decimal = Decimal("0.00")
    visualizacoes: dict[str, int] = field(default_factory=dict)
    revisao: int = 0
    """Rises with every change, and is the same when a micro-batch is done again."""

    def take(self, group: Group) -> None:
        """Put absolute values in the place of older ones."""
        self.revisao = max(self.revisao, group.revisao)
        if group.tipo == Kind.VIEWS:
            self.visualizacoes[group.chave] = group.n
        else:
            self.pedidos, self.unidades, self.receita = group.n, group.unidades, group.receita

    def keep_most_viewed(self, limit: int = MOST_VIEWED) -> None:
        """Forget all but the most viewed products; ties by `id_produto`.

        This stays exact although Spark names only what changed: counts never fall, so a product
        outside can come in only by a change, and then Spark tells its absolute count.
        """
        if len(self.visualizacoes) > limit:
            views = self.visualizacoes.items()
            self.visualizacoes = dict(nsmallest(limit, views, key=lambda v: (-v[1], v[0])))


class LiveFigures:
    """Everything that the documents show."""

    def __init__(self) -> None:
        self.minutes: dict[MinuteKey, MinuteFigures] = {}
        self.latest: dict[str, int] = {}
        """Each customer's last activity, in Unix seconds."""

    def take(self, groups: Iterable[Group], *, now: datetime) -> set[MinuteKey]:
        """Take in groups, seen before or not; returns the minutes that they changed."""
        changed = set()
        for group in groups:
            if group.tipo == Kind.ACTIVITY:
                self._see(group.chave, group.atividade or 0)
            else:
                key = MinuteKey(group.minuto, group.janela)
                self.minutes.setdefault(key, MinuteFigures()).take(group)
                changed.add(key)
        for key in changed:
            self.minutes[key].keep_most_viewed()
        self._forget(int(now.timestamp()))
        return changed & self.minutes.keys()

    def active_per_second(self) -> Mapping[int, int]:
        """Unix second -> how many customers were last active in it."""
        counts: dict[int, int] = {}
        for second in sorted(self.latest.values()):
            counts[second] = counts.get(second, 0) + 1
        return counts

    def _see(self, customer: str, second: int) -> None:
        if second > self.latest.get(customer, 0):
            self.latest[customer] = second

    def _forget(self, now: int) -> None:
        oldest_minute = now - int(WINDOW.total_seconds()) - MINUTE
        self.minutes = {k: f for k, f in self.minutes.items() if k.minuto >= oldest_minute}
        oldest_second = now - int(ACTIVE_FOR.total_seconds()) - MINUTE
        self.latest = {c: s for c, s in self.latest.items() if s >= oldest_second}


def as_moment(second: int) -> datetime:
    """Unix seconds as a UTC datetime."""
    return datetime.fromtimestamp(second, UTC)
