"""The formats in which shops' systems export sales, and rows as text in each of them."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shop_simulator.catalogue import Product
from shop_simulator.export_faults import TYPED_FAULTS, ExportFault, ExportRow

COLUMNS: Final = (
    "id_pedido",
    "id_produto",
    "id_usuario",
    "quantidade",
    "preco",
    "data",
    "regiao",
)
_CATALOGUE_COLUMNS: Final = ("id_produto", "nome", "categoria", "preco_lista")
_NOTE_EVERY: Final = 40
_NOTE: Final = 'Entregar à tarde;\nnão há porteiro, chamar "Zé"'
_SWAP: Final = str.maketrans(",.", ".,")


class Packing(StrEnum):
    """What is done with the text; Parquet has typed columns in place of it."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written. `brazilian` is `1.234,56` and `dd/mm/yyyy hh:mm:ss` in the shop's
    time, else `1234.56` and ISO 8601; `notes` is a further column, with line breaks."""

    name: str
    suffix: str
    encoding: str = "utf-8"
    delimiter: str = ","
    brazilian: bool = False
    notes: bool = False
    packing: Packing = Packing.NONE

    @property
    def faults(self) -> tuple[ExportFault, ...]:
        """The kinds of dirty rows that it can hold."""
        return TYPED_FAULTS if self.packing is Packing.PARQUET else tuple(ExportFault)


PARQUET: Final = Format("parquet", "parquet", packing=Packing.PARQUET)
PLAIN_CSV: Final = Format("csv", "csv")
FORMATS: Final = (
    PARQUET,
    PLAIN_CSV,
    Format("csv-windows-1252", "csv", "cp1252", ";", brazilian=True, notes=True),
    Format("csv-gzip", "csv.gz", packing=Packing.GZIP),
    Format("csv-tab", "csv", delimiter="\t"),
    Format("csv-bom", "csv", "utf-8-sig", ";", brazilian=True),
    Format("csv-zstd", "csv.zst", packing=Packing.ZSTD),
)


def text_of(rows: Iterable[ExportRow], form: Format) -> bytes:
    """The file before it is packed. Parquet is made of a plain CSV with ISO dates."""
    header = (*COLUMNS, "observacao") if form.notes else COLUMNS
    return _text([header, *_cells(rows, form)], form)


def catalogue_text(products: Iterable[Product]) -> bytes:
    """The products' file: UTF-8, commas, decimal points."""
    cells = ((p.id_produto, p.name, p.category, str(p.price)) for p in products)
    return _text([_CATALOGUE_COLUMNS, *cells], PLAIN_CSV)


def gzipped(text: bytes) -> bytes:
    """Without the time of day, so that the same text gives the same bytes."""
    return gzip.compress(text, mtime=0)


def _text(table: Iterable[Iterable[str]], form: Format) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=form.delimiter, lineterminator="\r\n").writerows(table)
    return sink.getvalue().encode(form.encoding)


def _cells(rows: Iterable[ExportRow], form: Format) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(rows, start=1):
        line = row.line
        yield (
            line.id_pedido,
            line.id_produto,
            line.id_usuario,
            str(line.quantidade),
            _price(line.preco, form) if row.price_text is None else row.price_text,
            _moment(line.data, form),
            line.regiao,
            *([_NOTE if number % _NOTE_EVERY == 0 else ""] if form.notes else []),
        )


def _price(price: Decimal, form: Format) -> str:
    return f"{price:,}".translate(_SWAP) if form.brazilian else str(price)


def _moment(moment: datetime, form: Format) -> str:
    return f"{moment:%d/%m/%Y %H:%M:%S}" if form.brazilian else moment.isoformat()
