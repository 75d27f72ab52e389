"""The query parameters of the routes."""

import re
import unicodedata
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from analytics_api.catalogue import LONGEST_NAME
from analytics_api.cursor import CursorError, decode_cursor
from analytics_api.history_report import Agrupar
from analytics_api.periods import PeriodoAteHoje, first_day
from analytics_api.problems import BadParameterError
from analytics_api.reports import SalesFilter

_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,4}", re.ASCII)


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


class PaginaDoPeriodo(Periodo, Pagina):
    """A period, page by page."""


class PaginaDeEventos(Pagina):
    """Events, page by page."""

    limite: Annotated[int, Field(ge=1, le=200), BeforeValidator(_whole)] = 50


class MelhoresDoPeriodo(Periodo):
    """A period and how many of its best: of all products, or of one category, in capital or small
    letters."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 10
    categoria: (
        Annotated[
            str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_as_in_catalogue)
        ]
        | None
    ) = None

    def chosen(self, today: date) -> SalesFilter:
        """The period and the category."""
        return replace(super().chosen(today), categoria=self.categoria)


class PaginaDeMeses(Dias, Pagina):
    """Months of which the period holds a day, page by page."""

    limite: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = 1000


class PaginaDeDias(PaginaDeMeses):
    """Days, page by page: one row for each, or one for each of its regions or categories."""

    agrupar: Agrupar = "dia"
