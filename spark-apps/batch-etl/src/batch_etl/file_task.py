"""What runs on the executors: fetch files, clean them, and stage their rows on S3."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from batch_etl.bad_file import BadFileError
from batch_etl.cleaned_file import CleanedFile
from batch_etl.layout import Rules
from batch_etl.object_source import ChangedFileError, ObjectSource
from batch_etl.outcomes import Outcome
from batch_etl.readers import READ
from batch_etl.settings import S3Places
from batch_etl.source_files import Kind, SourceFile
from service_runtime.failpoints import hit_failpoint
from warehouse.arrow_schema import arrow_schema
from warehouse.history.staged import OF_EVERY_SALE, STAGED_PRODUCTS
from warehouse.history.versions import id_of
from warehouse.staging import StagingArea
from warehouse.tables import VENDAS, VENDAS_REJEITADAS, Table

_ROWS_OF_A_FILE: Final = 500_000
_TABLES: Final[Mapping[Kind, Table]] = {"vendas": VENDAS, "produtos": STAGED_PRODUCTS}

OUTCOMES: Final = pa.schema(
    [
        ("path", pa.string()),
        ("n_valid", pa.int64()),
        ("n_rejected", pa.int64()),
        ("url", pa.string()),
        ("size", pa.int64()),
        ("problem", pa.string()),
        ("changed", pa.bool_()),
        ("first", pa.timestamp("us")),
        ("last", pa.timestamp("us")),
    ]
)


def stage_groups(
    batches: Iterable[pa.RecordBatch],
    *,
    groups: Sequence[Sequence[SourceFile]],
    places: S3Places,
    folder: str,
    rules: Rules,
) -> Iterator[pa.RecordBatch]:
    """The outcomes of the groups whose numbers are in the column `id`.

    Raises TransientError while S3 is away. The names of staged files are new at every attempt, so
    that a task which runs twice leaves an orphan rather than a file that changes under a COPY.
    """
    source, area = ObjectSource(places.history_url, places), StagingArea(places)
    for batch in batches:
        for number in batch.column("id").to_pylist():
            for file in groups[number]:
                found = [asdict(each) for each in _stage(file, source, area, folder, rules)]
                yield pa.RecordBatch.from_pylist(found, schema=OUTCOMES)


def _stage(
    file: SourceFile, source: ObjectSource, area: StagingArea, folder: str, rules: Rules
) -> Iterator[Outcome]:
    with TemporaryDirectory(prefix="batch-etl-") as here:
        local = Path(here) / "file"
        try:
            source.fetch(file, local)
            with READ[file.kind](local, file.path, rules) as cleaned:
                yield Outcome(file.path)
                yield from _staged_rows(file, cleaned, area, f"{folder}/{uuid4()}")
        except ChangedFileError:
            yield Outcome(file.path, changed=True)
        except BadFileError as error:
            yield Outcome(file.path, problem=error.problem)


def _staged_rows(
    file: SourceFile, cleaned: CleanedFile, area: StagingArea, name: str
) -> Iterator[Outcome]:
    for number, table in enumerate(_tables(cleaned.valid(), file, _TABLES[file.kind])):
        staged = area.write_table(table, f"{name}-{number}.parquet")
        hit_failpoint("etl_half_staged")
        outcome = Outcome(file.path, n_valid=table.num_rows, url=staged.url, size=staged.size)
        yield _dated(outcome, table)
    for number, table in enumerate(_tables(cleaned.rejected(), file, VENDAS_REJEITADAS)):
        staged = area.write_table(table, f"{name}-{number}-rejeitadas.parquet")
        yield Outcome(file.path, n_rejected=table.num_rows, url=staged.url, size=staged.size)


def _dated(outcome: Outcome, rows: pa.Table) -> Outcome:
    """The outcome with the first and last `data` of its rows; products have no `data`."""
    if "data" not in rows.column_names:
        return outcome
    found = pc.min_max(rows.column("data")).as_py()
    return replace(outcome, first=found["min"], last=found["max"])


def _tables(
    batches: Iterable[pa.RecordBatch], file: SourceFile, table: Table
) -> Iterator[pa.Table]:
    """The rows as the columns of a table, in parts that fit in memory."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(each.num_rows for each in held) >= _ROWS_OF_A_FILE:
            yield _as_columns_of(table, held, file)
            held = []
    if held:
        yield _as_columns_of(table, held, file)


def _as_columns_of(table: Table, batches: Sequence[pa.RecordBatch], file: SourceFile) -> pa.Table:
    rows = pa.Table.from_batches(batches)
    of_file = {"id_carga": id_of(file.path, file.etag), "arquivo": file.path}
    constants = {**OF_EVERY_SALE, **of_file}
    schema = arrow_schema(table)
    columns = [
        pa.repeat(pa.scalar(constants[field.name], field.type), rows.num_rows)
        if field.name in constants
        else rows.column(field.name)
        for field in schema
    ]
    return pa.table(columns, names=schema.names).cast(schema)
