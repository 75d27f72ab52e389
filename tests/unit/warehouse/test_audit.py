"""The checker is itself checked: each way of being wrong is found, and named."""

from dataclasses import replace
from decimal import Decimal

import pytest

from warehouse.audit import LedgerLine, TableFigures, judge

LINES = [
    LedgerLine(0, 0, 10, n_read=10, n_written=8, n_duplicate=1, n_dead=1),
    LedgerLine(0, 10, 15, n_read=5, n_written=5, n_duplicate=0, n_dead=0),
    LedgerLine(1, 3, 7, n_read=4, n_written=4, n_duplicate=0, n_dead=0),
]
FIGURES = TableFigures(
    events={0: 13, 1: 4},
    dead={0: 1},
    purchases=(2, Decimal("30.00")),
    sales=(2, Decimal("30.00")),
    repeated_ids=0,
    repeated_offsets=0,
)


def test_what_adds_up_is_exact() -> None:
    report = judge(LINES, FIGURES)
    assert report.exact
    assert [(p.partition, p.off_from, p.off_to, p.n_written) for p in report.partitions] == [
        (0, 0, 15, 13),
        (1, 3, 7, 4),
    ]


def test_an_empty_warehouse_is_exact() -> None:
    nothing = TableFigures({}, {}, (0, 0), (0, 0), repeated_ids=0, repeated_offsets=0)
    assert judge([], nothing).exact


@pytest.mark.parametrize(
    ("lines", "figures", "named"),
    [
        pytest.param(
            [LINES[0], replace(LINES[1], off_from=11, n_read=4, n_written=4), LINES[2]],
            replace(FIGURES, events={0: 12, 1: 4}),
            "gap at offset 11",
            id="a gap between ranges",
        ),
        pytest.param(
            [LINES[0], replace(LINES[1], off_from=9, n_read=6, n_written=6), LINES[2]],
            replace(FIGURES, events={0: 14, 1: 4}),
            "overlap at offset 9",
            id="ranges that overlap",
        ),
        pytest.param(
            [replace(LINES[0], n_duplicate=0), *LINES[1:]],
            FIGURES,
            "written + duplicate + dead = 9",
            id="parts that do not sum to what was read",
        ),
        pytest.param(
            LINES,
            replace(FIGURES, events={0: 14, 1: 4}),
            "the ledger says 13 rows, the table holds 14",
            id="a row that the ledger does not know, as a naive append repeats it",
        ),
        pytest.param(
            LINES,
            replace(FIGURES, events={0: 13}),
            "the ledger says 4 rows, the table holds 0",
            id="rows that were lost",
        ),
        pytest.param(LINES, replace(FIGURES, dead={}), "eventos_rejeitados", id="a lost letter"),
        pytest.param(
            LINES,
            replace(FIGURES, sales=(2, Decimal("29.99"))),
            "vendas holds 2 lines worth 29.99",
            id="sales that differ from their events",
        ),
        pytest.param(LINES, replace(FIGURES, repeated_ids=1), "repeat an id_evento", id="ids"),
        pytest.param(LINES, replace(FIGURES, repeated_offsets=2), "2 offsets", id="offsets"),
    ],
)
def test_every_flaw_is_found(lines: list[LedgerLine], figures: TableFigures, named: str) -> None:
    report = judge(lines, figures)
    assert not report.exact
    assert any(named in problem for problem in report.problems)
