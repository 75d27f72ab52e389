"""The live figures of the last 60 minutes, from the stream's documents."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest

from msgspec import Struct

from analytics_api.live_models import ProdutoVisto, VendasNoMinuto
from event_contracts.live_figures import ACTIVE_FOR, MINUTE, WINDOW


class Views(Struct, frozen=True):
    """Clicks of one product within a minute."""

    id_produto: str
    n: int


class MinuteDocument(Struct, frozen=True):
    """The totals of one UTC minute: the newest document replaces older ones."""

    id: str
    minuto: datetime
    pedidos: int
    unidades: int
    receita: Decimal
    visualizacoes: list[Views]
    atualizado_em: datetime
    revisao: int = 0


class Bucket(Struct, frozen=True):
    """Customers who were last active in the second `desde`."""

    desde: datetime
    n: int


class ActiveDocument(Struct, frozen=True):
    """All customers by the age of their last activity."""

    id: str
    usuarios: list[Bucket]
    atualizado_em: datetime


class LiveWindow:
    """The documents of the window by their `_id`; views are summed as documents come, not per
    question."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        """When the newest document was written."""
        self.version = 0
        """Increases with every change."""
        self.views: Counter[str] = Counter()
        """Clicks in the window by product; only products with clicks."""
        self._minutes: dict[str, MinuteDocument] = {}
        self._active: dict[str, ActiveDocument] = {}
        self._counted: set[str] = set()
        self._slid: tuple[int, datetime] | None = None
        self._per_minute: list[VendasNoMinuto] = []

    def merge(self, documents: Iterable[MinuteDocument | ActiveDocument]) -> None:
        """Add documents; those that were seen before change nothing."""
        changed = [d for d in documents if self._known(d) != d]
        for document in changed:
            self.newest = max(self.newest or document.atualizado_em, document.atualizado_em)
            if isinstance(document, ActiveDocument):
                self._active[document.id] = document
            else:
                self._remove_views(document.id)
                self._minutes[document.id] = document
        self.version += bool(changed)

    def slide(self, now: datetime) -> None:
        """Move the window: drop minutes that have left it, add minutes that have entered it.

        Other methods answer for the time of the last call. A second call within a minute costs
        nothing.
        """
        first, last = _window(now)
        if self._slid == (self.version, last):
            return
        self._slid = (self.version, last)
        for key, document in list(self._minutes.items()):
            if document.minuto < first:
                self._remove_views(key)
                del self._minutes[key]
            elif document.minuto <= last and key not in self._counted:
                self._counted.add(key)
                self.views.update({v.id_produto: v.n for v in document.visualizacoes})
        self._per_minute = self._sales(first)

    def active_users(self, now: datetime) -> int:
        """Distinct customers whose last activity lies within ACTIVE_FOR."""
        return sum(
            bucket.n
            for document in self._active.values()
            for bucket in document.usuarios
            if now - bucket.desde < ACTIVE_FOR
        )

    def sales_per_minute(self) -> list[VendasNoMinuto]:
        """Sixty minutes, oldest first and this one last; minutes without sales are zeros."""
        return self._per_minute

    def most_viewed(self, limit: int) -> list[ProdutoVisto]:
        """Products by clicks within the window, most first; ties by `id_produto`."""
        best = nsmallest(limit, self.views.items(), key=lambda view: (-view[1], view[0]))
        return [ProdutoVisto(id_produto=p, visualizacoes=n) for p, n in best if n > 0]

    def _sales(self, first: datetime) -> list[VendasNoMinuto]:
        known = {document.minuto: document for document in self._minutes.values()}
        minutes = (first + i * MINUTE for i in range(WINDOW // MINUTE))
        return [_sales_of(minute, known.get(minute)) for minute in minutes]

    def _known(
        self, document: MinuteDocument | ActiveDocument
    ) -> MinuteDocument | ActiveDocument | None:
        if isinstance(document, ActiveDocument):
            return self._active.get(document.id)
        return self._minutes.get(document.id)

    def _remove_views(self, key: str) -> None:
        if key in self._counted:
            self._counted.remove(key)
            gone = {v.id_produto: v.n for v in self._minutes[key].visualizacoes}
            self.views.subtract(gone)
            for product in gone:
                if not self.views[product]:
                    del self.views[product]


def _window(now: datetime) -> tuple[datetime, datetime]:
    last = now.replace(second=0, microsecond=0)
    return last - WINDOW + MINUTE, last


def _sales_of(minute: datetime, document: MinuteDocument | None) -> VendasNoMinuto:
    return VendasNoMinuto(
        minuto=minute,
        pedidos=document.pedidos if document else 0,
        unidades=document.unidades if document else 0,
        receita=document.receita if document else Decimal(0),
        revisao=document.revisao if document else 0,
    )
