"""Answers that are a list of items, as JSON or, by `Accept` or `formato`, as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
from fastapi import Request
from pydantic import BaseModel

from analytics_api.answers import EncodedAnswer
from analytics_api.forms import (
    ARROW,
    BY_NAME,
    CSV,
    FORMS,
    FORMS_OF_ROWS,
    SHEET,
    Formato,
    as_arrow,
    as_csv,
    as_sheet,
    wanted,
)
from analytics_api.problems import NotAcceptableError
from analytics_api.routers.parameters import LINK

_DISPOSITION: Final[dict[str, Any]] = {
    "Content-Disposition": {
        "description": "The name of the file, with `formato=planilha`",
        "schema": {"type": "string"},
    }
}
_AS_SHEET: Final = (
    "with `formato=planilha` the items as CSV for Excel in Brazil (UTF-8 with a byte order mark, "
    "semicolons, decimal commas)"
)


def _documented(
    forms: Sequence[str], as_what: str, headers: dict[str, Any]
) -> dict[int | str, dict[str, Any]]:
    described = f"As JSON or, by `Accept` or `formato`, the items as {as_what}; {_AS_SHEET}"
    content = {form: dict[str, Any]() for form in forms[1:]}
    return {200: {"content": content, "description": described, "headers": headers}}


TABLE_ANSWER: Final = _documented(FORMS, "CSV or an Arrow IPC stream", LINK | _DISPOSITION)
PAGE_OF_ROWS: Final = _documented(FORMS_OF_ROWS, "CSV", LINK | _DISPOSITION)
ROWS_ANSWER: Final = _documented(FORMS_OF_ROWS, "CSV", _DISPOSITION)


@dataclass(frozen=True, slots=True)
class Table:
    """The items of an answer as lines of these columns; `name` is that of the downloaded file."""

    name: str
    columns: Sequence[str]
    items: Sequence[BaseModel]
    relation: Callable[[], duckdb.DuckDBPyRelation] | None = None
    """The same for Arrow; None where the route does not offer it."""


def form_of(request: Request, formato: Formato | None, forms: Sequence[str] = FORMS) -> str:
    """The form that the request wants; `formato` wins over Accept. Raises NotAcceptableError."""
    if formato is not None:
        return BY_NAME[formato]
    form = wanted(", ".join(request.headers.getlist("accept")), forms)
    if form is None:
        raise NotAcceptableError(forms)
    return form


def encoded(form: str, answer: BaseModel, table: Table, headers: dict[str, str]) -> EncodedAnswer:
    """The answer, or its items alone."""
    headers = {"Vary": "Accept"} | headers
    if form == SHEET:
        named = {"Content-Disposition": f'attachment; filename="{table.name}.csv"'}
        return EncodedAnswer.of(as_sheet(table.columns, table.items), SHEET, headers | named)
    if form == CSV:
        return EncodedAnswer.of(as_csv(table.columns, table.items), CSV, headers)
    if form == ARROW and table.relation is not None:
        return EncodedAnswer.of(as_arrow(table.relation()), ARROW, headers)
    return EncodedAnswer.of(answer.model_dump_json().encode(), headers=headers)
