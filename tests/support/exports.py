"""Reads the simulator's exports as anybody would who knows each file's format."""

import csv
import gzip
import io
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shop_simulator.export_formats import COLUMNS, FORMATS, Format, Packing
from shop_simulator.rhythm import SHOP_TIME

FORMATS_BY_NAME = {form.name: form for form in FORMATS}
Row = tuple[Any, ...]


def read_back(content: bytes, form: Format) -> list[Row]:
    """Every row in the order of COLUMNS. A price is None where it is none, or a text."""
    if form.packing is Packing.PARQUET:
        table = pq.read_table(pa.BufferReader(content))
        assert tuple(table.column_names) == COLUMNS
        return [tuple(row.values()) for row in table.to_pylist()]
    text = _unpacked(content, form).decode(form.encoding)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=form.delimiter)
    return [_typed(row, form) for row in rows]


def clean(files: Iterable[list[Row]]) -> list[Row]:
    """The rows that can be sales, each once; those of a later file win."""
    found: dict[tuple[str, str], Row] = {}
    for rows in files:
        for row in rows:
            _, _, _, quantidade, preco, data, _ = row
            if quantidade > 0 and isinstance(preco, Decimal) and data.year > 2000:
                found[row[0], row[1]] = row
    return list(found.values())


def _unpacked(content: bytes, form: Format) -> bytes:
    if form.packing is Packing.GZIP:
        return gzip.decompress(content)
    if form.packing is Packing.ZSTD:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            unpacked: bytes = stream.read()
        return unpacked
    return content


def _typed(row: dict[str, str], form: Format) -> Row:
    return (
        row["id_pedido"],
        row["id_produto"],
        row["id_usuario"],
        int(row["quantidade"]),
        _price(row["preco"], form),
        _moment(row["data"], form),
        row["regiao"],
    )


def _price(text: str, form: Format) -> Decimal | str | None:
    plain = text.replace(".", "").replace(",", ".") if form.brazilian else text
    try:
        return Decimal(plain) if plain else None
    except InvalidOperation:
        return text


def _moment(text: str, form: Format) -> datetime:
    if form.brazilian:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=SHOP_TIME)
    return datetime.fromisoformat(text)
