"""What the driver makes of what its tasks say."""

from datetime import UTC, datetime

import pytest

from batch_etl.month_figures import DatedFile
from batch_etl.outcomes import BadFile, Outcome, ReadFile, loads_of, sorted_out
from batch_etl.source_files import Kind, SourceFile
from service_runtime.errors import PermanentError
from warehouse.staging import StagedFile

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
EARLY, LATE = (datetime.fromisoformat(f"2026-10-0{day} 12:00") for day in (1, 2))


def file_of(name: str) -> SourceFile:
    return SourceFile(name, "vendas", "etag", 10, MOMENT)


def test_files_are_sorted_out_in_their_order_with_all_that_was_staged() -> None:
    files = [file_of("b"), file_of("a"), file_of("bad"), file_of("written again")]
    outcomes = [
        Outcome("written again", changed=True),
        Outcome("a"),
        Outcome("bad", problem="lacks 'preco'"),
        Outcome("b", n_rejected=1, url="s3://x/3", size=3),
        Outcome("b", n_valid=5, url="s3://x/1", size=1, first=EARLY, last=LATE),
        Outcome("b", n_valid=2, url="s3://x/2", size=2),
        Outcome("b"),
    ]
    read, bad = sorted_out(files, outcomes)
    valid = [StagedFile("s3://x/1", 1), StagedFile("s3://x/2", 2)]
    assert read == [
        ReadFile(
            files[0],
            7,
            1,
            valid,
            [StagedFile("s3://x/3", 3)],
            [DatedFile(valid[0], EARLY, LATE)],
        ),
        ReadFile(files[1], 0, 0, [], [], []),
    ]
    assert bad == [BadFile(files[2], "lacks 'preco'")]
    assert (read[0].version.n_lidas, read[0].version.arquivo) == (8, "b")


def test_a_file_that_no_task_read_is_an_error() -> None:
    with pytest.raises(PermanentError, match="no task read b"):
        sorted_out([file_of("a"), file_of("b")], [Outcome("a")])


def read_of(rows: int, kind: Kind = "vendas") -> ReadFile:
    """Half of them rejected."""
    file = SourceFile(str(rows), kind, "etag", 10, MOMENT)
    return ReadFile(file, rows // 2, rows - rows // 2, [], [])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([40, 60, 1], [[40, 60], [1]], id="as many as fit"),
        pytest.param([500, 1], [[500], [1]], id="a larger one alone"),
        pytest.param([0, 0], [[0, 0]], id="empty files"),
    ],
)
def test_a_load_has_so_many_rows_the_rejected_ones_too(
    rows: list[int], expected: list[list[int]]
) -> None:
    found = loads_of([read_of(count) for count in rows], most_rows=100)
    assert [[file.version.n_lidas for file in files] for _, files in found] == expected


def test_products_are_loaded_first() -> None:
    files = [read_of(1), read_of(2, "produtos"), read_of(3)]
    found = loads_of(files, most_rows=100)
    assert [(kind, list(own)) for kind, own in found] == [
        ("produtos", [files[1]]),
        ("vendas", [files[0], files[2]]),
    ]
