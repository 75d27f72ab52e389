"""Which files are read for which month, and what the driver makes of what its tasks say."""

from datetime import date, datetime

import pytest

from batch_etl.intervals import Interval
from batch_etl.month_figures import (
    DatedFile,
    FiguresOutcome,
    MonthFigures,
    MonthFiles,
    files_by_month,
    put_together,
)
from service_runtime.errors import PermanentError
from warehouse.staging import StagedFile

SAO_PAULO, NEW_YORK = "America/Sao_Paulo", "America/New_York"


def dated(name: str, first: str, last: str) -> DatedFile:
    return DatedFile(
        StagedFile(name, 1), datetime.fromisoformat(first), datetime.fromisoformat(last)
    )


@pytest.mark.parametrize(
    ("timezone", "first", "last", "months"),
    [
        pytest.param(SAO_PAULO, "2025-09-01 02:30", "2025-09-01 02:59:59.999999", ["2025-08"],
            id="23:30 of the month before"),
        pytest.param(SAO_PAULO, "2025-09-01 02:30", "2025-09-01 03:00", ["2025-08", "2025-09"],
            id="over the border"),
        pytest.param("UTC", "2025-09-01 02:30", "2025-09-01 03:00", ["2025-09"], id="in UTC"),
        pytest.param(SAO_PAULO, "2025-11-30 12:00", "2026-01-01 12:00",
            ["2025-11", "2025-12", "2026-01"], id="three months over a year"),
        pytest.param(NEW_YORK, "2025-11-01 03:59:59", "2025-11-01 03:59:59.5", ["2025-10"],
            id="a month ends in summer"),
        pytest.param(NEW_YORK, "2025-12-01 04:30", "2025-12-01 04:59", ["2025-11"],
            id="a month ends in winter"),
        pytest.param("America/St_Johns", "2009-11-01 02:30:30", "2009-11-01 02:31:30",
            ["2009-10", "2009-11"], id="set back over midnight at the end of a month"),
        pytest.param("Pacific/Apia", "2011-12-31 09:00", "2011-12-31 10:30",
            ["2011-12", "2012-01"], id="east of the date line"),
    ],
)  # fmt: skip
def test_a_file_is_read_for_the_months_between_its_first_and_last_sale(
    timezone: str, first: str, last: str, months: list[str]
) -> None:
    found = files_by_month([dated("a", first, last)], timezone=timezone)
    assert [f"{each.month.first:%Y-%m}" for each in found] == months
    assert all(each.files == [StagedFile("a", 1)] for each in found)


def test_months_come_in_order_with_all_their_files() -> None:
    files = [
        dated("b", "2025-10-02 12:00", "2025-10-03 12:00"),
        dated("a", "2025-09-30 12:00", "2025-10-01 12:00"),
    ]
    assert files_by_month(files, timezone=SAO_PAULO) == [
        MonthFiles(Interval(date(2025, 9, 1), date(2025, 9, 30)), [files[1].file]),
        MonthFiles(Interval(date(2025, 10, 1), date(2025, 10, 31)), [each.file for each in files]),
    ]


FIRST, SECOND = date(2025, 9, 1), date(2025, 10, 1)
MONTHS = [
    MonthFiles(Interval(FIRST, date(2025, 9, 30)), []),
    MonthFiles(Interval(SECOND, date(2025, 10, 31)), []),
]


def test_outcomes_are_put_together_by_month() -> None:
    outcomes = [
        FiguresOutcome(SECOND),
        FiguresOutcome(FIRST, 7, id_carga=3),
        FiguresOutcome(FIRST, 5, table="receita_diaria", url="s3://x/1", size=10),
        FiguresOutcome(FIRST),
        FiguresOutcome(FIRST, 2, table="receita_diaria", url="s3://x/2", size=20),
    ]
    files = [StagedFile("s3://x/1", 10), StagedFile("s3://x/2", 20)]
    assert put_together(MONTHS, outcomes) == [
        MonthFigures(FIRST, {3: 7}, {"receita_diaria": files}),
        MonthFigures(SECOND, {}, {}),
    ]


def test_a_month_that_no_task_finished_is_an_error() -> None:
    outcomes = [FiguresOutcome(FIRST), FiguresOutcome(SECOND, 7, id_carga=3)]
    with pytest.raises(PermanentError, match="no task computed the figures of 2025-10"):
        put_together(MONTHS, outcomes)
