"""Reports of sales: the products of a period in order, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import duckdb
from pydantic import BaseModel

from analytics_api.cursor import encode_cursor
from analytics_api.models import (
    Degradado,
    MaisVendidos,
    ProdutoNoRanking,
    ResumoProduto,
    ResumoVendas,
    Vendido,
)
from analytics_api.periods import Period, PeriodFigures

_Item = TypeVar("_Item", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Which sales to report; both days included, None is an open end."""

    inicio: date | None = None
    fim: date | None = None
    id_produto: str | None = None
    categoria: str | None = None
    """Narrows best sellers alone."""
    por_categoria: bool = False
    """Ranks best sellers within each category."""

    @property
    def period(self) -> Period:
        """The period of the question."""
        return Period.of(self.inicio, self.fim)


@dataclass(frozen=True, slots=True)
class AsOf:
    """What a report says of its figures: the last commit in them, and what is degraded."""

    atualizado_em: datetime | None
    degradado: list[Degradado]


def summary(
    figures: PeriodFigures, chosen: SalesFilter, as_of: AsOf, *, limite: int, after: str
) -> ResumoVendas:
    """Products that sold in the period by `id_produto`, at most `limite`, after one product.

    The next page continues after the last product of this one, so new products neither repeat nor
    shift others.
    """
    page = figures.page(after=after, product=chosen.id_produto, limite=limite + 1)
    found = _items(ResumoProduto, page.columns, page.fetchall())
    shown = found[:limite]
    return ResumoVendas(
        itens=shown,
        proximo_cursor=None if len(found) <= limite else encode_cursor(shown[-1].id_produto),
        total=_total(figures, chosen),
        atualizado_em=figures.committed_at or as_of.atualizado_em,
        degradado=as_of.degradado,
    )


def best_sellers(
    figures: PeriodFigures, chosen: SalesFilter, as_of: AsOf, *, limite: int, in_all: int
) -> MaisVendidos:
    """Products by units, then revenue, both downwards, then `id_produto`. By category, the one
    with most revenue is first, and `limite` is of each; `in_all` of all categories together."""
    best = best_table(figures, chosen, limite=limite, in_all=in_all)
    return MaisVendidos(
        itens=_items(ProdutoNoRanking, best.columns, best.fetchall()),
        total=_total(figures, chosen),
        atualizado_em=figures.committed_at or as_of.atualizado_em,
        degradado=as_of.degradado,
    )


def best_table(
    figures: PeriodFigures, chosen: SalesFilter, *, limite: int, in_all: int
) -> duckdb.DuckDBPyRelation:
    """The items of `best_sellers`."""
    product, category = chosen.id_produto, chosen.categoria
    if not chosen.por_categoria:
        return figures.best(product=product, category=category, limite=limite)
    return figures.best_of_each(product=product, category=category, limite=limite, in_all=in_all)


def _items(model: type[_Item], columns: list[str], rows: Iterable[tuple[Any, ...]]) -> list[_Item]:
    return [model(**dict(zip(columns, row, strict=True))) for row in rows]


def _total(figures: PeriodFigures, chosen: SalesFilter) -> Vendido:
    units, revenue, orders = figures.total(chosen.id_produto)
    return Vendido(total_vendido=units, receita=revenue, pedidos=orders)
