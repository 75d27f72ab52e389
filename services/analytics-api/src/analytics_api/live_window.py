"""The live figures of the last 60 minutes and the views of the 60 before, from the stream's
documents."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from heapq import nsmallest

from msgspec import Struct

from analytics_api.live_models import ProdutoVisto, VendasNoMinuto
from analytics_api.movement import movement, places_of
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


class ViewCounts:
    """Clicks by product, summed over some minutes; only products with clicks."""

    def __init__(self) -> None:
        self.by_product: Counter[str] = Counter()
        self._minutes: dict[str, MinuteDocument] = {}

    def add(self, document: MinuteDocument) -> None:
        """Count a minute, unless it is counted."""
        if document.id not in self._minutes:
            self._minutes[document.id] = document
            self.by_product.update({v.id_produto: v.n for v in document.visualizacoes})

    def remove(self, key: str) -> None:
        """Count a minute no longer, if it was counted."""
        if (document := self._minutes.pop(key, None)) is None:
            return
        gone = {v.id_produto: v.n for v in document.visualizacoes}
        self.by_product.subtract(gone)
        for product in gone:
            if not self.by_product[product]:
                del self.by_product[product]


class LiveWindow:
    """The documents of the window by their `_id`; views are summed as documents come, not per
    question."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        """When the newest document was written."""
        self.version = 0
        """Increases with every change."""
        self._minutes: dict[str, MinuteDocument] = {}
        self._active: dict[str, ActiveDocument] = {}
        self._viewed = ViewCounts()
        self._viewed_before = ViewCounts()
        """The hour before the window."""
        self._slid: tuple[int, datetime] | None = None
        self._per_minute: list[VendasNoMinuto] = []
        self._most_viewed: dict[int, list[ProdutoVisto]] = {}

    @property
    def views(self) -> Mapping[str, int]:
        """Clicks in the window by product; only products with clicks."""
        return self._viewed.by_product

    def merge(self, documents: Iterable[MinuteDocument | ActiveDocument]) -> None:
        """Add documents; those that were seen before change nothing."""
        changed = [d for d in documents if self._known(d) != d]
        for document in changed:
            self.newest = max(self.newest or document.atualizado_em, document.atualizado_em)
            if isinstance(document, ActiveDocument):
                self._active[document.id] = document
            else:
                self._uncount(document.id)
                self._minutes[document.id] = document
        self.version += bool(changed)

    def slide(self, now: datetime) -> None:
        """Move the window and the hour before it: drop minutes that have left it, add minutes that
        have entered it.

        Other methods answer for the time of the last call. A second call within a minute costs
        nothing.
        """
        first, last = _window(now)
        if self._slid == (self.version, last):
            return
        self._slid = (self.version, last)
        for key, document in list(self._minutes.items()):
            if document.minuto < first - WINDOW:
                self._uncount(key)
                del self._minutes[key]
            elif document.minuto < first:
                self._viewed.remove(key)
                self._viewed_before.add(document)
            elif document.minuto <= last:
                self._viewed.add(document)
        self._most_viewed.clear()
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
        if limit not in self._most_viewed:
            best = nsmallest(limit, self.views.items(), key=lambda view: (-view[1], view[0]))
            seen = [view for view in best if view[1] > 0]
            self._most_viewed[limit] = self._moved(seen)
        return self._most_viewed[limit]

    def _moved(self, seen: list[tuple[str, int]]) -> list[ProdutoVisto]:
        earlier = self._viewed_before.by_product
        before = places_of([id_produto for id_produto, _ in seen], earlier)
        return [
            ProdutoVisto(
                id_produto=id_produto,
                visualizacoes=n,
                posicao_anterior=before.get(id_produto),
                movimento=movement(place, before.get(id_produto), is_known=bool(earlier)),
            )
            for place, (id_produto, n) in enumerate(seen, start=1)
        ]

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

    def _uncount(self, key: str) -> None:
        self._viewed.remove(key)
        self._viewed_before.remove(key)


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
