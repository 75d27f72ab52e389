"""Reports of past days: sales per day and month, page by page, and reconciled days."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

import duckdb
from pydantic import BaseModel

from analytics_api.cursor import encode_cursor
from analytics_api.day_reconciliation import explanation
from analytics_api.history_models import (
    ConciliacaoDoDia,
    ContagemConciliada,
    ReceitaConciliada,
    VendasDiarias,
    VendasDoDia,
    VendasDoMes,
    VendasMensais,
)
from analytics_api.history_sql import DAYS_BY, PAGE_OF_DAYS, PAGE_OF_MONTHS
from analytics_api.models import Degradado
from analytics_api.periods import Period
from warehouse.history.reconciled import Reconciled

_Item = TypeVar("_Item", bound=BaseModel)
Agrupar = Literal["dia", "regiao", "categoria"]


@dataclass(frozen=True, slots=True)
class HistoryAsOf:
    """What a report says of its rows; fields of `DoHistorico`."""

    carregado_em: datetime | None
    atualizado_em: datetime | None
    degradado: list[Degradado]


@dataclass(frozen=True, slots=True)
class PastSales:
    """A page of past sales: of which days, after which row, and at most how many. What memory does
    not hold comes from the aggregates of days before `today`."""

    cursor: duckdb.DuckDBPyConnection
    period: Period
    today: date
    limite: int

    def days(self, agrupar: Agrupar, after: "DayKey") -> duckdb.DuckDBPyRelation:
        """Rows of VendasDoDia by day and group."""
        parameters = {
            "hoje": self.today,
            "inicio": self.period.first,
            "fim": self.period.last,
            "depois_dia": after.dia,
            "depois_grupo": after.grupo,
            "limite": self.limite,
        }
        return self.cursor.sql(PAGE_OF_DAYS.format(DAYS_BY[agrupar]), params=parameters)

    def months(self, after: date) -> duckdb.DuckDBPyRelation:
        """Rows of VendasDoMes by month: whole months, of which the period holds some day."""
        parameters = {
            "este_mes": self.today.replace(day=1),
            "inicio": self.period.first.replace(day=1),
            "fim": self.period.last,
            "depois": after,
            "limite": self.limite,
        }
        return self.cursor.sql(PAGE_OF_MONTHS, params=parameters)


@dataclass(frozen=True, slots=True)
class DayKey:
    """The place of a row in the order of rows."""

    dia: date = date.min
    grupo: str = ""

    @classmethod
    def of(cls, text: str) -> "DayKey":
        """The key that a cursor holds; empty is before all rows. Raises ValueError."""
        if not text:
            return cls()
        day, _, grupo = text.partition(" ")
        return cls(date.fromisoformat(day), grupo)


def daily_sales(rows: duckdb.DuckDBPyRelation, as_of: HistoryAsOf, *, limite: int) -> VendasDiarias:
    """A page of `limite` rows; there must be one row more if another page follows."""
    shown, more = _shown(VendasDoDia, rows, limite)
    cursor = None
    if more:
        last = shown[-1]
        cursor = encode_cursor(f"{last.dia} {last.regiao or last.categoria or ''}")
    return VendasDiarias(itens=shown, proximo_cursor=cursor, **asdict(as_of))


def monthly_sales(
    rows: duckdb.DuckDBPyRelation, as_of: HistoryAsOf, *, limite: int
) -> VendasMensais:
    """A page of `limite` rows; there must be one row more if another page follows."""
    shown, more = _shown(VendasDoMes, rows, limite)
    cursor = encode_cursor(f"{shown[-1].mes}") if more else None
    return VendasMensais(itens=shown, proximo_cursor=cursor, **asdict(as_of))


def reconciled_day(
    dia: date, figures: Sequence[Reconciled], degraded: list[Degradado]
) -> ConciliacaoDoDia:
    """What is known of a day; `figures` must not be empty."""
    return ConciliacaoDoDia(
        dia=dia,
        figuras=[_reconciled(figure) for figure in figures],
        calculada_em=max(figure.calculada_em for figure in figures),
        degradado=degraded,
    )


def _reconciled(figure: Reconciled) -> ReceitaConciliada | ContagemConciliada:
    fields: dict[str, Any] = asdict(figure) | {"explicacao": explanation(figure)}
    del fields["dia"], fields["calculada_em"]
    if figure.figura == "receita":
        return ReceitaConciliada(**fields)
    return ContagemConciliada(**fields)


def _shown(
    model: type[_Item], rows: duckdb.DuckDBPyRelation, limite: int
) -> tuple[list[_Item], bool]:
    found = [model(**dict(zip(rows.columns, row, strict=True))) for row in rows.fetchall()]
    return found[:limite], len(found) > limite
