"""Packs an export's text into the bytes of its file; DuckDB writes Parquet and Zstandard."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

from shop_simulator.day_export import Export
from shop_simulator.export_formats import COLUMNS, Packing, gzipped, text_of

_MEMORY: Final = "128MB"
_TYPES: Final = {"quantidade": "INTEGER", "preco": "DECIMAL(18, 2)", "data": "TIMESTAMPTZ"}
"""Of a Parquet file's columns that are no text."""
_WRITE: Final[dict[Packing, tuple[dict[str, str], str]]] = {
    Packing.PARQUET: (_TYPES, "FORMAT parquet, COMPRESSION zstd"),
    Packing.ZSTD: ({}, "FORMAT csv, HEADER, COMPRESSION zstd"),
}


class Packer:
    """Gives the same bytes for the same export. One thread at a time may use it."""

    def __init__(self) -> None:
        options: dict[str, str | bool | int | float | list[str]] = {
            "threads": 1,  # the order of rows is kept
            "memory_limit": _MEMORY,
            "autoinstall_known_extensions": False,
        }
        self._duckdb = duckdb.connect(config=options)

    def content(self, export: Export) -> bytes:
        """The whole file."""
        text, packing = text_of(export.rows, export.form), export.form.packing
        if packing is Packing.NONE:
            return text
        return gzipped(text) if packing is Packing.GZIP else self._rewritten(text, packing)

    def _rewritten(self, text: bytes, packing: Packing) -> bytes:
        types, options = _WRITE[packing]
        columns = {name: types.get(name, "VARCHAR") for name in COLUMNS}
        with TemporaryDirectory(prefix="export-") as folder:
            source, target = Path(folder, "text"), Path(folder, "packed")
            source.write_bytes(text)
            read = f"read_csv('{source}', auto_detect = false, header = true, columns = {columns})"
            self._duckdb.execute(f"COPY (SELECT * FROM {read}) TO '{target}' ({options})")
            return target.read_bytes()
