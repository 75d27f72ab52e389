"""Cleans the rows of a file into a temporary Parquet file.

How a file is encoded and writes its decimals is certain only when all of it is read. It is read as
its beginning suggests, and once more if the rest says otherwise.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from batch_etl.bad_file import BadFileError
from batch_etl.clean_query import clean_query, reading_of
from batch_etl.csv_rows import csv_rows
from batch_etl.decimal_mark import MarkEvidence
from batch_etl.encoding import Encoding, NotUtf8Error
from batch_etl.layout import NUMBERS, ColumnKind, Layout, Rules
from batch_etl.parquet_rows import is_parquet, parquet_rows
from batch_etl.raw_rows import LINHA, MALFORMED, RawRows, Stored, raw_name, state_name
from batch_etl.understanding import DATE_ORDER, Understanding
from event_contracts.states import state_of
from event_contracts.texts import BLANKS, names_no_value

_TABLE: Final = "linhas"
_COPY: Final = "(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 122880)"


@dataclass(frozen=True, slots=True)
class CleanedRows:
    """The cleaned rows of a file, at `path`."""

    path: Path
    understanding: Understanding


def write_cleaned(
    path: Path, *, name: str, layout: Layout, rules: Rules, db: duckdb.DuckDBPyConnection, to: Path
) -> CleanedRows:
    """Raises BadFileError."""
    encoding, mark = Encoding.UTF_8, None
    while True:
        try:
            with _opened(path, name, layout, rules, encoding) as rows:
                feed = _Feed(rows, layout)
                used = mark or feed.evidence.mark
                feed.copy(db, rules, mark=used, to=to)
        except NotUtf8Error:
            encoding = Encoding.WINDOWS_1252
            continue
        mark = feed.evidence.mark
        if mark == used:
            return CleanedRows(to, _understanding(rows, layout, feed.evidence))


def _opened(
    path: Path, name: str, layout: Layout, rules: Rules, encoding: Encoding
) -> AbstractContextManager[RawRows]:
    if is_parquet(path):
        return parquet_rows(path, name=name, layout=layout, mapping=rules.columns)
    return csv_rows(path, name=name, layout=layout, mapping=rules.columns, encoding=encoding)


class _Feed:
    """The batches of a file on their way into DuckDB, with the states that they name; `evidence`
    is of those that have passed, and of the first from the beginning."""

    def __init__(self, rows: RawRows, layout: Layout) -> None:
        self.evidence = MarkEvidence()
        self._layout = layout
        self._failure: Exception | None = None
        self._stored = rows.stored
        self._numbers = _text_numbers(layout, rows)
        first = next(rows.batches, None)
        if first is None:
            self._stored = dict.fromkeys(rows.stored, Stored.TEXT)
            first = _no_rows(rows)
        self._first = self._passed(first)
        self._others = rows.batches

    def copy(self, db: duckdb.DuckDBPyConnection, rules: Rules, *, mark: str, to: Path) -> None:
        """Raises what the file's reader raises."""
        reading = reading_of(rules, mark=mark)
        query = clean_query(_TABLE, layout=self._layout, stored=self._stored, reading=reading)
        batches = chain([self._first], self._caught(map(self._passed, self._others)))
        db.register(_TABLE, pa.RecordBatchReader.from_batches(self._first.schema, batches))
        try:
            db.execute(f"COPY ({query}) TO '{to}' {_COPY}")
        except duckdb.Error:
            if self._failure:
                raise self._failure from None
            raise
        finally:
            db.unregister(_TABLE)

    def _caught(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """DuckDB would make an error of its own of each."""
        try:
            yield from batches
        except (BadFileError, NotUtf8Error, OSError) as error:
            self._failure = error
            raise

    def _passed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self.evidence = self.evidence.with_columns(batch[raw_name(n)] for n in self._numbers)
        for field in self._layout.fields:
            if field.kind is ColumnKind.STATE and field.name in self._stored:
                states = _states(batch[raw_name(field.name)])
                batch = batch.append_column(state_name(field.name), states)
        return batch


def _text_numbers(layout: Layout, rows: RawRows) -> list[str]:
    numbers = [field.name for field in layout.fields if field.kind in NUMBERS]
    return [name for name in numbers if rows.stored.get(name) is Stored.TEXT]


def _no_rows(rows: RawRows) -> pa.RecordBatch:
    names = [LINHA, MALFORMED, *map(raw_name, rows.stored)]
    schema = pa.schema([(name, pa.int64() if name == LINHA else pa.string()) for name in names])
    return pa.RecordBatch.from_pylist([], schema)


def _states(column: pa.Array) -> pa.Array:
    """The states of a column; each spelling is looked up once."""
    spellings = column.cast(pa.string()).dictionary_encode()
    states = [_state(text) for text in spellings.dictionary.to_pylist()]
    return pa.array(states, pa.string()).take(spellings.indices)


def _state(text: str | None) -> str | None:
    return None if text is None or names_no_value(text) else state_of(text.strip(BLANKS))


def _understanding(rows: RawRows, layout: Layout, evidence: MarkEvidence) -> Understanding:
    moments = {field.name for field in layout.fields if field.kind is ColumnKind.MOMENT}
    has_text_moments = any(rows.stored.get(name) is Stored.TEXT for name in moments)
    return Understanding(
        format=rows.format,
        compression=rows.compression,
        encoding=rows.encoding,
        delimiter=rows.delimiter,
        decimal_mark=evidence.mark if _text_numbers(layout, rows) else None,
        date_order=DATE_ORDER if has_text_moments else None,
        columns=rows.found.columns,
        ignored=rows.found.ignored,
        absent=rows.found.absent,
    )
