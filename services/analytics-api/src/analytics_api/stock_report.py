"""Reports of the stock: products in order, page by page, with what their sales say."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress, islice
from operator import le

from analytics_api.catalogue import Catalogue
from analytics_api.cursor import encode_cursor
from analytics_api.lost_sales import LostSales
from analytics_api.outlook import Outlook, SalesPace, outlook
from analytics_api.reports import AsOf
from analytics_api.stock import Level, LocationTotals, StockLevels
from analytics_api.stock_models import (
    Armazem,
    Estoque,
    EstoqueDeUmProduto,
    EstoqueProduto,
    NivelNoArmazem,
    VendasPerdidas,
)


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Levels and pace of one moment."""

    levels: StockLevels
    pace: SalesPace
    now: datetime
    catalogue: Catalogue = field(default_factory=Catalogue)

    def page(
        self,
        as_of: AsOf,
        *,
        limite: int,
        after: str,
        product: str | None = None,
        dias_ate: float | None = None,
    ) -> Estoque:
        """At most `limite` products after one product, or `product` alone; with `dias_ate` only
        those whose stock lasts no longer than so many days."""
        names = self._near(after, dias_ate) if product is None else self._alone(product, after)
        chosen = (name for name in names if self._lasts(name, dias_ate))
        found = list(islice(chosen, limite + 1))
        shown = found[:limite]
        return Estoque(
            itens=[self._product(id_produto) for id_produto in shown],
            proximo_cursor=None if len(found) <= limite else encode_cursor(shown[-1]),
            armazens=[_location(totals) for totals in self.levels.totals()],
            atualizado_em=as_of.atualizado_em,
            degradado=as_of.degradado,
        )

    def product(
        self, id_produto: str, as_of: AsOf, lost: LostSales | None
    ) -> EstoqueDeUmProduto | None:
        """One product; None if no stock location has reported it."""
        stock = self.of(id_produto)
        if stock is None:
            return None
        return EstoqueDeUmProduto(
            **vars(stock),
            vendas_perdidas=None if lost is None else _lost(lost),
            atualizado_em=as_of.atualizado_em,
            degradado=as_of.degradado,
        )

    def of(self, id_produto: str) -> EstoqueProduto | None:
        """The stock of one product; None if no stock location has reported it."""
        return self._product(id_produto) if id_produto in self.levels else None

    def _alone(self, id_produto: str, after: str) -> Iterable[str]:
        return (id_produto,) if id_produto in self.levels and id_produto > after else ()

    def _near(self, after: str, at_most: float | None) -> Iterator[str]:
        """The products after one; those alone whose stock may last no longer than so many days,
        chosen without a step of Python for each of the others."""
        start = self.levels.first_after(after)
        names = islice(self.levels.ids, start, None)
        if at_most is None:
            return names
        sold = islice(self.pace.sold(self.levels.ids, self.now), start, None)
        for_each_sold = self.pace.units_for_each_sold(at_most, self.now)
        units = islice(self.levels.units, start, None)
        return compress(names, map(le, units, map(for_each_sold.__mul__, sold)))

    def _lasts(self, id_produto: str, at_most: float | None) -> bool:
        if at_most is None:
            return True
        days = self._outlook(self.levels.of(id_produto), id_produto).days
        return days is not None and days <= at_most

    def _outlook(self, levels: Sequence[Level], id_produto: str) -> Outlook:
        per_hour = self.pace.per_hour(id_produto, self.now)
        return outlook(sum(level.units for level in levels), per_hour, self.now)

    def _product(self, id_produto: str) -> EstoqueProduto:
        levels = self.levels.of(id_produto)
        outlook_now = self._outlook(levels, id_produto)
        named = self.catalogue.products.get(id_produto)
        return EstoqueProduto(
            id_produto=id_produto,
            nome=named and named.nome,
            categoria=named and named.categoria,
            nivel_estoque=sum(level.units for level in levels),
            ritmo_por_hora=round(outlook_now.per_hour, 2),
            dias_cobertura=None if outlook_now.days is None else round(outlook_now.days, 4),
            esgota_em=outlook_now.sold_out_at,
            armazens=[self._level(level) for level in levels],
        )

    def _level(self, level: Level) -> NivelNoArmazem:
        return NivelNoArmazem(
            id_armazem=level.id_armazem,
            nivel_estoque=level.units,
            ultima_atualizacao=level.updated_at,
            recebido_em=level.received_at,
            armazem_recebido_em=self.levels.locations[level.id_armazem].received_at,
        )


def _lost(lost: LostSales) -> VendasPerdidas:
    return VendasPerdidas(
        desde=lost.since,
        ate=lost.until,
        segundos_esgotado=lost.sold_out.seconds,
        cliques=lost.sold_out.views,
        carrinhos=lost.sold_out.carts,
        unidades=None if lost.units is None else round(lost.units, 2),
        receita=lost.revenue,
    )


def _location(totals: LocationTotals) -> Armazem:
    return Armazem(
        id_armazem=totals.id_armazem,
        produtos=totals.products,
        unidades=totals.units,
        recebido_em=totals.received_at,
    )
