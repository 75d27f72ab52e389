"""The checker is itself checked: what the tables hold beside the ledger is found, and named."""

from dataclasses import replace

import pytest

from warehouse.audit import LedgerSums, TableFigures, judge

SUMS = [
    LedgerSums("eventos_clientes", 0, 0, 15, 14, 1, 12, 1, 1, n_rows=2),
    LedgerSums("eventos_clientes", 1, 3, 7, 4, 0, 4, 0, 0, n_rows=1),
    LedgerSums("atualizacoes_estoque", 0, 0, 3, 3, 0, 2, 0, 1, n_rows=1),
]
EVENTS = TableFigures("eventos_clientes", "eventos_clientes", {0: 12, 1: 4}, {0: 1}, [])
STOCK = TableFigures("atualizacoes_estoque", "atualizacoes_estoque", {0: 2}, {0: 1}, [])


def test_what_adds_up_is_exact() -> None:
    assert judge(SUMS, [EVENTS, STOCK]) == []


def test_an_empty_warehouse_is_exact() -> None:
    assert judge([], [replace(EVENTS, records={}, dead={})]) == []


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        pytest.param(
            replace(EVENTS, records={0: 13, 1: 4}),
            "eventos_clientes, partition 0: the ledger says 12 rows, the table holds 13",
            id="a row that the ledger does not know, as a naive append repeats it",
        ),
        pytest.param(
            replace(EVENTS, records={0: 12}),
            "eventos_clientes, partition 1: the ledger says 4 rows, the table holds 0",
            id="rows that were lost",
        ),
        pytest.param(
            replace(EVENTS, dead={}),
            "eventos_rejeitados of eventos_clientes, partition 0: the ledger says 1 rows, "
            "the table holds 0",
            id="a lost letter",
        ),
        pytest.param(
            replace(EVENTS, records={0: 12, 1: 4, 2: 1}),
            "eventos_clientes, partition 2: the ledger says 0 rows, the table holds 1",
            id="a partition that the ledger does not know",
        ),
        pytest.param(
            replace(EVENTS, violations=["eventos_clientes: 1 events repeat an id_evento"]),
            "eventos_clientes: 1 events repeat an id_evento",
            id="a check of the feed",
        ),
    ],
)
def test_every_flaw_is_found(figures: TableFigures, named: str) -> None:
    assert judge(SUMS, [figures, STOCK]) == [named]
