"""The query parameters of the routes."""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from analytics_api.catalogue import LONGEST_NAME
from analytics_api.cursor import CursorError, decode_cursor
from analytics_api.forms import Formato, FormatoDeLinhas
from analytics_api.history_report import Agrupar, AgruparMeses
from analytics_api.periods import PeriodoAteHoje, first_day
from analytics_api.problems import BadParameterError
from analytics_api.reports import SalesFilter

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,4}", re.ASCII)
MOST_OF_ALL_CATEGORIES: Final = 1000
MOST_OF_A_SHEET: Final = 20_000
"""Rows of a list that `formato=planilha` puts into one file: two years of days and states."""


def _iso_date(value: Any) -> Any:
    if isinstance(value, str) and not _ISO_DATE.fullmatch(value):
        raise ValueError("expected a date such as 2025-05-14")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("expected a whole number")
    return value


def _as_in_catalogue(categoria: str) -> str:
    """As batch-etl writes categories."""
    return unicodedata.normalize("NFC", categoria).lower()


LINK: Final[dict[str, Any]] = {
    "Link": {
        "description": 'The next page, `rel="next"`; absent on the last one',
        "schema": {"type": "string"},
    }
}
"""The documentation of the header of `Pagina.link_to`."""
Dia = Annotated[date, BeforeValidator(_iso_date)]


class SemParametros(BaseModel):
    """For a route without parameters: it refuses parameters instead of ignoring them."""

    model_config = ConfigDict(extra="forbid")


class Dias(SemParametros):
    """Days in the shop's time zone, both included; what is left out is open."""

    inicio: Dia | None = None
    fim: Dia | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Dias":
        if self.inicio and self.fim and self.inicio > self.fim:
            raise ValueError("inicio lies after fim")
        return self


class Periodo(Dias):
    """The same, or in place of both days a period that ends today: `hoje`, the last 7, 30 or 90
    days, or since the first day of the month (`mes`) or of the year (`ano`)."""

    periodo: PeriodoAteHoje | None = None
    id_produto: Annotated[str, Field(min_length=1, max_length=128)] | None = None

    @model_validator(mode="after")
    def _one_period(self) -> "Periodo":
        if self.periodo and (self.inicio or self.fim):
            raise ValueError("periodo stands in place of inicio and fim")
        return self

    def chosen(self, today: date) -> SalesFilter:
        """The period as the value that decisions use."""
        if self.periodo is None:
            return SalesFilter(self.inicio, self.fim, self.id_produto)
        return SalesFilter(first_day(self.periodo, today), today, self.id_produto)


class Pagina(SemParametros):
    """A list, page by page."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 100
    cursor: Annotated[str, Field(max_length=700, pattern=r"^[A-Za-z0-9_-]+$")] | None = None

    def after(self) -> str:
        """The item after which the page begins, "" for the first page. Raises BadParameterError
        for a cursor that no page ended with."""
        try:
            return decode_cursor(self.cursor) if self.cursor else ""
        except CursorError as error:
            raise BadParameterError("cursor", str(error)) from error

    def link_to(self, following: str | None) -> dict[str, str]:
        """The `Link` header to the page of that cursor; none where no page follows."""
        if following is None:
            return {}
        asked = self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return {"Link": f'<?{urlencode(asked | {"cursor": following})}>; rel="next"'}


class PaginaDoEstoque(Pagina):
    """Products, page by page: all, or `id_produto` alone; `dias_ate` leaves out those whose stock
    lasts longer."""

    id_produto: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    dias_ate: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)] | None = None


class EmTabela(SemParametros):
    """What to answer with, in place of what `Accept` says; `planilha` is a file for Excel."""

    formato: Formato | None = None


class EmLinhas(SemParametros):
    """The same of a list that is not to be had as Arrow."""

    formato: FormatoDeLinhas | None = None


class PaginaOuPlanilha(Pagina, EmTabela):
    """A list, page by page, or all of it as one file."""

    @model_validator(mode="after")
    def _whole_sheet(self) -> "PaginaOuPlanilha":
        if self.formato == "planilha" and "limite" in self.model_fields_set:
            raise ValueError("formato=planilha has no limite: it is the whole list")
        return self

    @property
    def most(self) -> int:
        """How many rows the answer may hold."""
        return MOST_OF_A_SHEET if self.formato == "planilha" else self.limite


class PaginaDoPeriodo(Periodo, PaginaOuPlanilha):
    """A period, page by page."""


class PaginaDeEventos(Pagina):
    """Events, page by page."""

    limite: Annotated[int, Field(ge=1, le=200), BeforeValidator(_whole)] = 50


class MelhoresDoPeriodo(Periodo, EmTabela):
    """A period and how many of its best: of all products, or of one category, in capital or small
    letters; `agrupar=categoria` ranks the products of each category, so many of each."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 10
    categoria: (
        Annotated[
            str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_as_in_catalogue)
        ]
        | None
    ) = None

    agrupar: Literal["produto", "categoria"] = "produto"

    @property
    def most_in_all(self) -> int:
        """How many rows all categories may have together."""
        return MOST_OF_A_SHEET if self.formato == "planilha" else MOST_OF_ALL_CATEGORIES

    def chosen(self, today: date) -> SalesFilter:
        """The period, the category, and what is ranked."""
        by_category = self.agrupar == "categoria"
        return replace(super().chosen(today), categoria=self.categoria, por_categoria=by_category)


class PaginaDoHistorico(Dias, PaginaOuPlanilha):
    """Past days, page by page."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 1000


class PaginaDeMeses(PaginaDoHistorico):
    """Months of which the period holds a day, page by page: one row for each, or one for each of
    its regions or categories."""

    agrupar: AgruparMeses = "mes"


class PaginaDeDias(PaginaDoHistorico):
    """Days, page by page: one row for each, or one for each of its regions or categories."""

    agrupar: Agrupar = "dia"


class PaginaDeConciliados(PaginaDoHistorico):
    """Reconciled days, page by page."""

    formato: FormatoDeLinhas | None = None
    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 30


class PioresResultados(EmLinhas):
    """How many of the results, the worst first."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 1000
