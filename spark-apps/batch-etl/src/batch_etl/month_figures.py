"""Which files may hold sales of which month, and what became of the figures of the months."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from batch_etl.intervals import Interval
from batch_etl.local_time import offsets
from service_runtime.errors import PermanentError
from warehouse.history.day_spans import months_of
from warehouse.staging import StagedFile


@dataclass(frozen=True, slots=True)
class DatedFile:
    """A staged file of sales, with the first and the last `data` in it: UTC without a zone."""

    file: StagedFile
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class MonthFiles:
    """A month of the shop, and the staged files that may hold sales of it."""

    month: Interval
    files: Sequence[StagedFile]


@dataclass(frozen=True, slots=True)
class FiguresOutcome:
    """What a task made of a month, named by its first day: a staged Parquet file with rows of a
    `table`, or the number of lines of a load. One with neither says that all was computed."""

    month: date
    n_rows: int = 0
    table: str | None = None
    url: str | None = None
    size: int | None = None
    id_carga: int | None = None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of a month, staged: the files of each table by its name, and the number of
    lines that they are of, by `id_carga`. Both are empty where no file had a line of it."""

    month: date
    lines: Mapping[int, int]
    tables: Mapping[str, Sequence[StagedFile]]


def files_by_month(files: Iterable[DatedFile], *, timezone: str) -> list[MonthFiles]:
    """The months of the shop from the first to the last sale of each file, in order."""
    zone = ZoneInfo(timezone)
    found: dict[Interval, list[StagedFile]] = defaultdict(list)
    for each in files:
        days = {day for interval in _local_days(each, zone) for day in interval.days}
        for first, last in months_of(days):
            found[Interval(first, last)].append(each.file)
    ordered = sorted(found, key=lambda month: month.first)
    return [MonthFiles(month, found[month]) for month in ordered]


def _local_days(file: DatedFile, zone: ZoneInfo) -> Iterator[Interval]:
    """One interval for each offset: where clocks are set back over midnight, the last sale may
    have an earlier day than one before it."""
    first, last = file.first.replace(tzinfo=UTC, microsecond=0), file.last.replace(tzinfo=UTC)
    pieces = offsets(zone, since=first, until=last)
    ends = [*(begins for begins, _ in pieces[1:]), last]
    for (begins, offset), end in zip(pieces, ends, strict=True):
        yield Interval((begins + offset).date(), (end + offset).date())


def put_together(
    months: Iterable[MonthFiles], outcomes: Iterable[FiguresOutcome]
) -> list[MonthFigures]:
    """The figures of these months, in their order.

    Raises PermanentError where a month has not all of its outcomes.
    """
    by_month: dict[date, list[FiguresOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_month[outcome.month].append(outcome)
    return [_month_figures(each.month.first, by_month[each.month.first]) for each in months]


def _month_figures(month: date, outcomes: Sequence[FiguresOutcome]) -> MonthFigures:
    if not any(each.table is None and each.id_carga is None for each in outcomes):
        raise PermanentError(f"no task computed the figures of {month:%Y-%m}")
    tables: dict[str, list[StagedFile]] = defaultdict(list)
    for each in outcomes:
        if each.table and each.url and each.size:
            tables[each.table].append(StagedFile(each.url, each.size))
    lines = {each.id_carga: each.n_rows for each in outcomes if each.id_carga is not None}
    return MonthFigures(month, lines, dict(tables))
