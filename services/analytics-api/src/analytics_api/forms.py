"""The media types of a table (JSON, CSV, Arrow), and the choice among them."""

import csv
import io
from collections.abc import Sequence
from typing import Final

import duckdb
import nanoarrow
from nanoarrow.ipc import StreamWriter
from pydantic import BaseModel

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
FORMS: Final = (JSON, CSV, ARROW)
"""The first is the default."""
_RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r")


def wanted(accept: str) -> str | None:
    """The media type that an Accept header prefers; None if it takes none of ours, the default if
    it is empty. By RFC 9110 the most specific range decides."""
    if not accept.strip():
        return JSON
    ranges = [_range(part) for part in accept.split(",")]
    liked = {form: _quality(form, ranges) for form in FORMS}
    best = max(FORMS, key=lambda form: liked[form])
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


def as_csv(model: type[BaseModel], items: Sequence[BaseModel]) -> bytes:
    """A header and a line per item, as RFC 4180 has it. A text that a spreadsheet program would
    run as a formula gets an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(model.model_fields)
    for item in items:
        plain, told = item.model_dump(), item.model_dump(mode="json")
        writer.writerow(
            _no_formula(value) if isinstance(value, str) else told[name]
            for name, value in plain.items()
        )
    return out.getvalue().encode()


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_RUN_BY_SPREADSHEETS) else text


def as_arrow(table: duckdb.DuckDBPyRelation) -> bytes:
    """A stream of Arrow's IPC format; money is decimal128 with two decimals."""
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(nanoarrow.c_array_stream(table))
    return out.getvalue()
