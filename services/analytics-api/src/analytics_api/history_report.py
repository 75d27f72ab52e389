"""Reports of past days: sales per day and month, page by page."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal, TypeVar

import duckdb
from pydantic import BaseModel

from analytics_api.cursor import encode_cursor
from analytics_api.history_models import VendasDiarias, VendasDoDia, VendasDoMes, VendasMensais
from analytics_api.history_sql import DAYS_BY, MONTHS_BY, PAGE_OF_DAYS, PAGE_OF_MONTHS
from analytics_api.models import Degradado
from analytics_api.periods import Period

_Item = TypeVar("_Item", bound=BaseModel)
Agrupar = Literal["dia", "regiao", "categoria"]
AgruparMeses = Literal["mes", "regiao", "categoria"]


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
        rows = PAGE_OF_DAYS.format(DAYS_BY[agrupar])
        return self._page(rows, self.period.first, after)

    def months(self, agrupar: AgruparMeses, after: "DayKey") -> duckdb.DuckDBPyRelation:
        """Rows of VendasDoMes by month and group: whole months, of which the period holds some
        day."""
        rows = PAGE_OF_MONTHS.format(MONTHS_BY[agrupar])
        return self._page(rows, self.period.first.replace(day=1), after)

    def _page(self, rows: str, first: date, after: "DayKey") -> duckdb.DuckDBPyRelation:
        parameters = {
            "hoje": self.today,
            "inicio": first,
            "fim": self.period.last,
            "depois_dia": after.dia,
            "depois_grupo": after.grupo,
            "limite": self.limite,
        }
        return self.cursor.sql(rows, params=parameters)


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

    @classmethod
    def cursor(cls, day: date, regiao: str | None, categoria: str | None) -> str:
        """The cursor of a page that ends with this row."""
        return encode_cursor(f"{day} {regiao or categoria or ''}")


def daily_sales(rows: duckdb.DuckDBPyRelation, as_of: HistoryAsOf, *, limite: int) -> VendasDiarias:
    """A page of `limite` rows; there must be one row more if another page follows."""
    shown, more = _shown(VendasDoDia, rows, limite)
    cursor = None
    if more:
        cursor = DayKey.cursor(shown[-1].dia, shown[-1].regiao, shown[-1].categoria)
    return VendasDiarias(itens=shown, proximo_cursor=cursor, **asdict(as_of))


def monthly_sales(
    rows: duckdb.DuckDBPyRelation, as_of: HistoryAsOf, *, limite: int
) -> VendasMensais:
    """A page of `limite` rows; there must be one row more if another page follows."""
    shown, more = _shown(VendasDoMes, rows, limite)
    cursor = None
    if more:
        cursor = DayKey.cursor(shown[-1].mes, shown[-1].regiao, shown[-1].categoria)
    return VendasMensais(itens=shown, proximo_cursor=cursor, **asdict(as_of))


def _shown(
    model: type[_Item], rows: duckdb.DuckDBPyRelation, limite: int
) -> tuple[list[_Item], bool]:
    found = [model(**dict(zip(rows.columns, row, strict=True))) for row in rows.fetchall()]
    return found[:limite], len(found) > limite
