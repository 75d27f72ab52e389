"""The records of a CSV file as columns of text, with their numbers.

Arrow parses them, by the rules of Python's csv module: a quote counts at the beginning of a field
alone, and empty lines are no records.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from batch_etl.bad_file import BadFileError
from batch_etl.dialect import Header, read_header
from batch_etl.encoding import BLOCK_BYTES, Encoding, Utf8Text, compression_of, decompressed
from batch_etl.layout import Layout
from batch_etl.mapping import Found, fields_of, find_columns
from batch_etl.raw_rows import LINHA, MALFORMED, RawRows, Stored, raw_name
from batch_etl.reasons import cut

MAX_RECORD_BYTES: Final = 4 * BLOCK_BYTES
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
            batches=_batches(text, header, found, name),
            compression=compression_of(path),
            encoding=encoding,
            has_bom=text.has_bom,
            delimiter=header.delimiter,
        )


def _take_header(text: Utf8Text, layout: Layout, mapping: Mapping[str, str], name: str) -> Header:
    start = text.read(BLOCK_BYTES)
    characters = start.decode(errors="ignore")

    def known(names: tuple[str, ...]) -> int:
        return len(set(filter(None, fields_of(names, layout, mapping))))

    header = read_header(characters, known)
    if header is None:
        raise BadFileError(name, "has no header")
    text.put_back(start[len(characters[: header.length].encode()) :])
    return header


def _batches(text: Utf8Text, header: Header, found: Found, name: str) -> Iterator[pa.RecordBatch]:
    if text.at_end():
        return
    malformed = _MalformedRecords(header.delimiter, name)
    try:
        with _reader(text, header, found, malformed) as reader:
            for batch in reader:
                yield malformed.numbered(batch)
    except pa.ArrowInvalid as error:
        problem = f"is no CSV, or a record has more than {MAX_RECORD_BYTES} bytes: {error}"
        raise BadFileError(name, problem) from error
    yield malformed.left_over(_schema(found))


def _schema(found: Found) -> pa.Schema:
    return pa.schema([(raw_name(field), pa.string()) for field in found.positions])


def _reader(
    text: Utf8Text, header: Header, found: Found, malformed: "_MalformedRecords"
) -> pa.csv.CSVStreamingReader:
    names = [f"ignored_{at}" for at in range(len(header.names))]
    for field, at in found.positions.items():
        names[at] = raw_name(field)
    schema = _schema(found)
    return pa.csv.open_csv(
        pa.PythonFile(text, mode="r"),
        read_options=pa.csv.ReadOptions(
            use_threads=False, block_size=MAX_RECORD_BYTES, column_names=names
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=header.delimiter,
            newlines_in_values=True,
            invalid_row_handler=malformed.set_aside,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=schema,
            include_columns=schema.names,
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


class _MalformedRecords:
    """Records that have not as many fields as the header, and the numbers of all the others.

    Arrow reads ahead: it may tell of a malformed record before it gives the records before it.
    """

    def __init__(self, delimiter: str, name: str) -> None:
        self._delimiter = delimiter
        self._name = name
        self._pending: list[tuple[int, str]] = []
        self._good = 0
        self._bad = 0

    def set_aside(self, row: Any) -> str:
        if len(self._pending) < _MOST_PENDING:
            self._pending.append((row.number, self._as_json(row.text)))
            return "skip"
        return "error"

    def _as_json(self, text: str) -> str:
        """The record as a list; its fields are told apart where they are not too long."""
        try:
            fields = next(csv.reader(StringIO(text, newline=""), delimiter=self._delimiter))
        except csv.Error:
            fields = [text]
        return cut(json.dumps(fields, ensure_ascii=False))

    def numbered(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with LINHA, and the malformed records that stand among its own."""
        ranks = [number - 1 - self._bad - at for at, (number, _) in enumerate(self._pending)]
        own = np.arange(self._good, self._good + batch.num_rows)
        before = np.searchsorted(np.array(ranks, np.int64), own, side="right")
        linhas = own + 1 + self._bad + before
        self._good += batch.num_rows
        among = int(before[-1]) if batch.num_rows else 0
        columns = [pa.array(linhas, pa.int64()), pa.nulls(len(linhas), pa.string())]
        names = [LINHA, MALFORMED, *batch.schema.names]
        good = pa.RecordBatch.from_arrays([*columns, *batch.columns], names)
        if not among:
            return good
        both = pa.Table.from_batches([good, self._taken(among, batch.schema)])
        return both.sort_by(LINHA).combine_chunks().to_batches()[0]

    def left_over(self, schema: pa.Schema) -> pa.RecordBatch:
        """The malformed records behind the last batch."""
        return self._taken(len(self._pending), schema)

    def _taken(self, count: int, schema: pa.Schema) -> pa.RecordBatch:
        taken, self._pending = self._pending[:count], self._pending[count:]
        self._bad += count
        arrays = [
            pa.array([number for number, _ in taken], pa.int64()),
            pa.array([text for _, text in taken], pa.string()),
            *(pa.nulls(count, kind) for kind in schema.types),
        ]
        return pa.RecordBatch.from_arrays(arrays, [LINHA, MALFORMED, *schema.names])
