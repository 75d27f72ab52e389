from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics_api.reconciliation import LedgerSums, advance, offsets_between, reconcile

T0 = datetime(2025, 5, 14, 12, tzinfo=UTC)


def sums(
    off_from: int, off_to: int, *, dead: int = 0, duplicate: int = 0, at: datetime = T0
) -> LedgerSums:
    read = off_to - off_from
    return LedgerSums(off_from, off_to, read, read - dead - duplicate, duplicate, dead, at)


def test_newer_rows_are_added_and_the_last_known_one_is_not_counted_twice() -> None:
    known = {0: sums(0, 10, dead=1)}
    rows = [(0, sums(7, 10)), (0, sums(10, 15, duplicate=2, at=T0 + timedelta(seconds=1)))]
    assert advance(known, rows) == {0: LedgerSums(0, 15, 15, 12, 2, 1, T0 + timedelta(seconds=1))}


def test_a_new_partition_begins_where_its_first_row_does() -> None:
    ledger = advance({0: sums(0, 10)}, [(0, sums(0, 10)), (1, sums(40, 50))])
    assert ledger == {0: sums(0, 10), 1: sums(40, 50)}


def test_an_emptied_warehouse_is_noticed() -> None:
    known = {0: sums(0, 10), 1: sums(0, 3)}
    assert advance(known, []) is None
    assert advance(known, [(0, sums(0, 10))]) is None
    another = sums(0, 10, at=T0 + timedelta(hours=1))
    assert advance(known, [(0, another), (1, sums(0, 3))]) is None
    assert advance({}, []) == {}


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 50)), max_size=20), st.integers(0, 19))
def test_any_way_to_take_rows_in_gives_the_same_ledger(
    steps: list[tuple[int, int]], cut: int
) -> None:
    rows: list[tuple[int, LedgerSums]] = []
    ends: dict[int, int] = {}
    for partition, length in steps:
        start = ends.get(partition, 0)
        ends[partition] = start + length
        rows.append((partition, sums(start, ends[partition])))
    first = advance({}, rows[:cut]) or {}
    last_rows = dict(rows[:cut])
    at_once = advance({}, rows)
    assert advance(first, [*last_rows.items(), *rows[cut:]]) == at_once
    assert at_once is not None
    assert {p: s.off_to for p, s in at_once.items()} == ends
    assert all(s.is_exact for s in at_once.values())


def test_offsets_between_are_those_that_are_new() -> None:
    known = {0: sums(0, 10), 1: sums(0, 3)}
    assert offsets_between(known, {0: sums(0, 12), 1: sums(0, 3), 2: sums(5, 9)}) == {
        0: (10, 12),
        2: (5, 9),
    }


def test_reconcile_tells_the_lag_and_what_is_not_exact() -> None:
    gap = replace(sums(0, 10), n_written=9)
    found = reconcile({0: sums(0, 10, dead=2, duplicate=1), 1: gap}, {0: 13, 1: 8, 2: 4})
    assert [(p["partition"], p["off_to"], p["atraso"], p["exata"]) for p in found] == [
        (0, 10, 3, True),
        (1, 10, 0, False),
        (2, 0, 4, True),
    ]
    assert found[0]["n_written"] == 7


def test_without_kafka_the_lag_is_unknown() -> None:
    assert reconcile({0: sums(0, 10)}, None)[0]["atraso"] is None
