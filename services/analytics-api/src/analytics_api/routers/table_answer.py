"""Answers that are a list of items, as JSON or, by `Accept`, as a table."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import duckdb
from fastapi import Request
from pydantic import BaseModel

from analytics_api.answers import EncodedAnswer
from analytics_api.forms import ARROW, CSV, FORMS, as_arrow, as_csv, wanted
from analytics_api.problems import NotAcceptableError
from analytics_api.routers.parameters import LINK

_Item = TypeVar("_Item", bound=BaseModel)
_TABLE: Final[dict[str, Any]] = {form: {} for form in (CSV, ARROW)}
TABLE_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": _TABLE,
        "description": "As JSON or, by `Accept`, the items as CSV or an Arrow IPC stream",
        "headers": LINK,
    }
}


def form_of(request: Request) -> str:
    """The form that the request wants. Raises NotAcceptableError."""
    form = wanted(", ".join(request.headers.getlist("accept")))
    if form is None:
        raise NotAcceptableError(FORMS)
    return form


def encoded(
    form: str,
    answer: BaseModel,
    items: tuple[type[_Item], Sequence[_Item]],
    table: Callable[[], duckdb.DuckDBPyRelation],
    headers: dict[str, str],
) -> EncodedAnswer:
    """The answer, or its items alone: `items` with their class for CSV, and `table` for Arrow."""
    headers = {"Vary": "Accept"} | headers
    if form == CSV:
        return EncodedAnswer.of(as_csv(*items), CSV, headers)
    if form == ARROW:
        return EncodedAnswer.of(as_arrow(table()), ARROW, headers)
    return EncodedAnswer.of(answer.model_dump_json().encode(), headers=headers)
