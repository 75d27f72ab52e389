"""The records of a CSV file as columns of text, with their numbers.

Arrow parses them, by the rules of Python's csv module: a quote counts at the beginning of a field
alone, and empty lines are no records.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from batch_etl.bad_file import BadFileError
from batch_etl.dialect import Header, read_header
from batch_etl.encoding import BLOCK_BYTES, Encoding, Utf8Text, compression_of, decompressed
from batch_etl.layout import Layout
from batch_etl.mapping import Found, fields_of, find_columns
from batch_etl.raw_rows import LINHA, MALFORMED, RawRows, Stored, raw_name
from batch_etl.reasons import MAX_CONTENT_BYTES
from batch_etl.swallowed_records import RecordShape, swallowing
from event_contracts.texts import cut_bytes

MAX_RECORD_BYTES: Final = 4 * BLOCK_BYTES
"""Of the fields and delimiters of a record, the quotes of a good one not counted."""
_ARROWS_BLOCK: Final = 2 * MAX_RECORD_BYTES + BLOCK_BYTES
"""It reads a record if it has no more bytes than this. Nearly all of a good one may be quotes that
are written twice."""
_LAST: Final = "fim"
"""A record of one field that is put behind a file: if a quote is open there, none is read."""
_OPEN: Final = "or a quote in it is not closed"
_MOST_PENDING: Final = 100_000
"""Malformed records in a row; a file with more is none of ours."""


@contextmanager
def csv_rows(
    path: Path, *, name: str, layout: Layout, mapping: Mapping[str, str], encoding: Encoding
) -> Iterator[RawRows]:
    """Raises NotUtf8Error, now or later, if the file is not in `encoding`."""
    with decompressed(path) as source:
        text = Utf8Text(source, encoding=encoding, name=name)
        header = _take_header(text, layout, mapping, name)
        found = find_columns(header.names, layout=layout, mapping=mapping, file=name)
        yield RawRows(
            format="csv",
            found=found,
            stored=dict.fromkeys(found.positions, Stored.TEXT),
            batches=_batches(text, header, found, _shape(header, found, layout, name), name),
            compression=compression_of(path),
            encoding=encoding,
            delimiter=header.delimiter,
        )


def _take_header(text: Utf8Text, layout: Layout, mapping: Mapping[str, str], name: str) -> Header:
    start = text.read(BLOCK_BYTES)
    characters = start.decode(errors="ignore")

    def known(names: tuple[str, ...]) -> int:
        return len(set(filter(None, fields_of(names, layout, mapping))))

    header = read_header(characters, known)
    if header is None:
        raise BadFileError(name, f"has no header, {_OPEN}")
    if not known(header.names):  # they may be somebody's data, which no error may tell
        raise BadFileError(name, f"the first line names none of the columns, {_OPEN}")
    text.put_back(start[len(characters[: header.length].encode()) :])
    return header


def _shape(header: Header, found: Found, layout: Layout, name: str) -> RecordShape:
    shape = RecordShape(found, layout, width=len(header.names), delimiter=header.delimiter)
    if any(map(shape.is_in, header.names)):
        raise BadFileError(name, "a quote in the header is not closed")
    return shape


def _batches(
    text: Utf8Text, header: Header, found: Found, shape: RecordShape, name: str
) -> Iterator[pa.RecordBatch]:
    if text.at_end():
        return
    text.append(f"\n{_LAST}\n".encode())
    records = _Records(shape, [raw_name(field) for field in found.positions], name)
    try:
        with _reader(text, header, found, records) as reader:
            for batch in reader:
                yield records.numbered(batch)
    except pa.ArrowInvalid:
        raise records.unreadable() from None  # Arrow's own message quotes the record
    yield records.left_over()


def _reader(
    text: Utf8Text, header: Header, found: Found, records: "_Records"
) -> pa.csv.CSVStreamingReader:
    names = [f"ignored_{at}" for at in range(len(header.names))]
    for field, at in found.positions.items():
        names[at] = raw_name(field)
    return pa.csv.open_csv(
        pa.PythonFile(text, mode="r"),
        read_options=pa.csv.ReadOptions(
            use_threads=False, block_size=_ARROWS_BLOCK, column_names=names
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=header.delimiter,
            newlines_in_values=True,
            invalid_row_handler=records.set_aside,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


class _Records:
    """The numbers of the records, and those among them that are set aside as malformed.

    Arrow reads ahead: it may tell of a malformed record before it gives the records before it.
    """

    def __init__(self, shape: RecordShape, columns: Sequence[str], name: str) -> None:
        self._shape = shape
        self._columns = columns
        self._name = name
        self._pending: list[tuple[int, str]] = []
        self._good = 0
        self._bad = 0
        self._error: BadFileError | None = None

    def set_aside(self, row: Any) -> str:
        """Arrow calls this for each record that has not as many fields as the header."""
        if len(self._pending) == _MOST_PENDING:
            problem = f"more than {_MOST_PENDING} records in a row are malformed"
            self._error = BadFileError(self._name, problem)
        elif len(row.text.encode()) > MAX_RECORD_BYTES:
            self._error = self._too_long(row.number)
        else:
            self._pending.append((row.number, self._as_json(self._fields(row.text))))
        return "error" if self._error else "skip"

    def _fields(self, text: str) -> list[str]:
        """They are told apart where they are not too long."""
        try:
            return next(csv.reader(StringIO(text, newline=""), delimiter=self._shape.delimiter))
        except csv.Error:
            return [text]

    def _as_json(self, fields: list[str]) -> str:
        return cut_bytes(json.dumps(fields, ensure_ascii=False), MAX_CONTENT_BYTES)

    def _too_long(self, number: int) -> BadFileError:
        problem = f"has more than {MAX_RECORD_BYTES} bytes, {_OPEN}"
        return BadFileError(self._name, f"record {number} {problem}")

    def unreadable(self) -> BadFileError:
        """Why Arrow read no further; without a reason of ours, since it met no end of a record."""
        return self._error or self._too_long(self._count() + 1)

    def _count(self) -> int:
        return self._good + self._bad + len(self._pending)

    def numbered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with LINHA, and the malformed records that stand among its own."""
        ranks = [number - 1 - self._bad - at for at, (number, _) in enumerate(self._pending)]
        own = np.arange(self._good, self._good + batch.num_rows)
        before = np.searchsorted(np.array(ranks, np.int64), own, side="right")
        good = self._of_one_record_each(batch, own + 1 + self._bad + before)
        self._good += batch.num_rows
        among = int(before[-1]) if batch.num_rows else 0
        if not among:
            return good
        both = pa.Table.from_batches([good, self._taken(among)])
        return both.sort_by(LINHA).combine_chunks().to_batches()[0]

    def _of_one_record_each(
        self, batch: pa.RecordBatch, linhas: NDArray[np.int64]
    ) -> pa.RecordBatch:
        """The batch with LINHA; of records that swallowed others MALFORMED alone is filled."""
        sizes = sum(pc.binary_length(column).to_numpy() for column in batch.columns)
        long = linhas[sizes + self._shape.width - 1 > MAX_RECORD_BYTES]
        if long.size:
            raise self._too_long(int(long[0]))
        columns = batch.select(self._columns).columns
        malformed = pa.nulls(batch.num_rows, pa.string())
        if found := swallowing(batch, self._shape):
            texts = {at: self._as_json(fields) for at, fields in found.items()}
            malformed = pa.array([texts.get(at) for at in range(batch.num_rows)], pa.string())
            columns = [pc.if_else(malformed.is_null(), column, None) for column in columns]
        return self._batch([pa.array(linhas, pa.int64()), malformed, *columns])

    def left_over(self) -> pa.RecordBatch:
        """The malformed records behind the last batch. Raises BadFileError if the last record of
        all is not _LAST: a quote was open before it."""
        number = self._count()
        if self._pending[-1:] != [(number, self._as_json([_LAST]))]:
            raise BadFileError(self._name, f"record {number}: a quote in it is not closed")
        return self._taken(len(self._pending) - 1)

    def _taken(self, count: int) -> pa.RecordBatch:
        taken, self._pending = self._pending[:count], self._pending[count:]
        self._bad += count
        numbers = pa.array([number for number, _ in taken], pa.int64())
        texts = pa.array([text for _, text in taken], pa.string())
        return self._batch([numbers, texts, *(pa.nulls(count, pa.string()) for _ in self._columns)])

    def _batch(self, arrays: list[pa.Array]) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays(arrays, [LINHA, MALFORMED, *self._columns])
