"""What runs on the executors after files are staged: compute the figures of months from the staged
sales, and stage them on S3."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import pyarrow as pa

from batch_etl.database import open_database
from batch_etl.groups import grouped
from batch_etl.layout import Rules
from batch_etl.month_figures import FiguresOutcome, MonthFiles
from batch_etl.month_lines import COLUMNS, FIGURES, MonthLines
from batch_etl.settings import S3Places
from warehouse.staging import StagingArea

_ROWS_AT_ONCE: Final = 500_000
"""Few statements, since each costs as much as thousands of rows."""

FIGURES_OUTCOMES: Final = pa.schema(
    [
        ("month", pa.date32()),
        ("n_rows", pa.int64()),
        ("table", pa.string()),
        ("url", pa.string()),
        ("size", pa.int64()),
        ("id_carga", pa.int64()),
    ]
)


def stage_figures(
    batches: Iterable[pa.RecordBatch],
    *,
    months: Sequence[MonthFiles],
    categories: pa.Table,
    places: S3Places,
    folder: str,
    rules: Rules,
) -> Iterator[pa.RecordBatch]:
    """The outcomes of the months whose numbers are in the column `id`; `categories` is as
    MonthLines has it.

    Raises TransientError while S3 is away. As in `stage_groups`, names are new at every attempt.
    """
    area = StagingArea(places)
    for batch in batches:
        for number in batch.column("id").to_pylist():
            found = _computed(months[number], categories, area, f"{folder}/{uuid4()}", rules)
            yield pa.RecordBatch.from_pylist(list(map(asdict, found)), schema=FIGURES_OUTCOMES)


def _computed(
    own: MonthFiles, categories: pa.Table, area: StagingArea, name: str, rules: Rules
) -> Iterator[FiguresOutcome]:
    with (
        TemporaryDirectory(prefix="batch-etl-", dir=rules.temp_folder) as here,
        open_database(here, memory_limit=rules.memory_limit) as database,
    ):
        lines = MonthLines(database, own.month, timezone=rules.timezone, categories=categories)
        batches = (batch for file in own.files for batch in area.batches(file, COLUMNS))
        for rows in grouped(batches, lambda batch: batch.num_rows, at_most=_ROWS_AT_ONCE):
            lines.add(pa.Table.from_batches(rows))
        yield FiguresOutcome(own.month.first)
        for id_carga, count in lines.per_load().items():
            yield FiguresOutcome(own.month.first, count, id_carga=id_carga)
        yield from _staged(lines, own, area, name)


def _staged(
    lines: MonthLines, own: MonthFiles, area: StagingArea, name: str
) -> Iterator[FiguresOutcome]:
    for table in FIGURES:
        for number, part in enumerate(lines.figures(table)):
            file = area.write_table(part, f"{name}-{table.name}-{number}.parquet")
            yield FiguresOutcome(
                own.month.first, part.num_rows, table=table.name, url=file.url, size=file.size
            )
