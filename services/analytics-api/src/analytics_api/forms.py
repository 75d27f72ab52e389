"""The forms of a table (JSON, CSV, Arrow, a file for spreadsheets), and the choice among them."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import duckdb
import nanoarrow
from nanoarrow.ipc import StreamWriter
from pydantic import BaseModel

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
SHEET: Final = "text/csv; charset=utf-8"
"""CSV for a double click in a Brazilian Excel; no Accept header asks for it."""
FORMS: Final = (JSON, CSV, ARROW)
"""What an Accept header may choose; the first is the default."""
FORMS_OF_ROWS: Final = (JSON, CSV)
"""The same of a list that is no table of DuckDB."""
Formato = Literal["json", "csv", "arrow", "planilha"]
FormatoDeLinhas = Literal["json", "csv", "planilha"]
BY_NAME: Final[dict[Formato, str]] = {"json": JSON, "csv": CSV, "arrow": ARROW, "planilha": SHEET}
"""The form that each value of the parameter `formato` stands for."""
_AMOUNT: Final = r"[ \u00a0]+[+-](?:R\$\s)?\d(?:[.,]?\d)*%?(?=\Z|\s+[^\W\d_])"
"""A number with its sign in a sentence: with a word after it, it is no formula."""
_FORMULA: Final = re.compile(
    rf"(^\s*?|[,;\t\r\n](?!{_AMOUNT})\"?\s*?)(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])"
)
"""Where a cell may begin, whichever separator a spreadsheet takes, and a formula after it, whose
sign may be in full width."""
_NUMBERS: Final = (Decimal, float)
_YES_NO: Final = {True: "sim", False: "não"}


def wanted(accept: str, forms: Sequence[str] = FORMS) -> str | None:
    """The media type that an Accept header prefers; None if it takes none of these, the first if
    it is empty. By RFC 9110 the most specific range decides."""
    if not accept.strip():
        return forms[0]
    ranges = [_range(part) for part in accept.split(",")]
    liked = {form: _quality(form, ranges) for form in forms}
    best = max(forms, key=lambda form: liked[form])
    return best if liked[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = [piece.strip().lower() for piece in part.split(";")]
    for parameter in parameters:
        if parameter.startswith("q="):
            return name, _number(parameter[2:])
    return name, 1.0


def _number(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0


def _quality(form: str, ranges: Sequence[tuple[str, float]]) -> float:
    for name in (form, f"{form.partition('/')[0]}/*", "*/*"):
        found = [quality for listed, quality in ranges if listed == name]
        if found:
            return max(found)
    return 0.0


def as_csv(columns: Sequence[str], items: Sequence[BaseModel]) -> bytes:
    """A header and a line per item, as RFC 4180 has it. A text that a spreadsheet program would
    run as a formula gets an apostrophe before it."""
    return _lines(columns, items, ",", _as_json_has_it)


def as_sheet(columns: Sequence[str], items: Sequence[BaseModel]) -> bytes:
    """The same as Excel reads it by the conventions of Brazil: UTF-8 with its mark, semicolons, a
    decimal comma, `sim` and `não`. Dates are ISO 8601, which Excel reads whatever its language."""
    return codecs.BOM_UTF8 + _lines(columns, items, ";", _as_brazil_has_it)


def _lines(
    columns: Sequence[str],
    items: Sequence[BaseModel],
    separator: str,
    written: Callable[[Any, Any], Any],
) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(columns)
    for item in items:
        plain, told = item.model_dump(), item.model_dump(mode="json")
        writer.writerow(
            _no_formula(plain[name])
            if isinstance(plain[name], str)
            else written(plain[name], told[name])
            for name in columns
        )
    return out.getvalue().encode()


def _as_json_has_it(value: Any, told: Any) -> Any:
    return str(told).lower() if isinstance(value, bool) else told


def _as_brazil_has_it(value: Any, told: Any) -> Any:
    if isinstance(value, bool):
        return _YES_NO[value]
    return str(told).replace(".", ",") if isinstance(value, _NUMBERS) else told


def _no_formula(text: str) -> str:
    return _FORMULA.sub(r"\1'", text)


def as_arrow(table: duckdb.DuckDBPyRelation) -> bytes:
    """A stream of Arrow's IPC format; money is decimal128 with two decimals."""
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(nanoarrow.c_array_stream(table))
    return out.getvalue()
