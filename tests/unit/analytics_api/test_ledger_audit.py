from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.ledger_audit import (
    CommittedRange,
    TopicPartition,
    advance,
    is_ahead,
    offsets_between,
    reconcile,
)
from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS

T0 = datetime(2025, 5, 14, 12, tzinfo=UTC)
E0, E1, E2 = ((TOPIC_EVENTOS, number) for number in range(3))
S0 = (TOPIC_ESTOQUE, 0)


def sums(
    off_from: int,
    off_to: int,
    *,
    place: TopicPartition = E0,
    absent: int = 0,
    dead: int = 0,
    duplicate: int = 0,
    at: datetime = T0,
) -> CommittedRange:
    read = off_to - off_from - absent
    written = read - dead - duplicate
    return CommittedRange(*place, off_from, off_to, read, absent, written, duplicate, dead, at)


def test_newer_rows_are_added_and_the_last_known_one_is_not_counted_twice() -> None:
    later = T0 + timedelta(seconds=1)
    known = {E0: sums(0, 10, dead=1)}
    rows = [sums(7, 10), sums(10, 15, absent=1, duplicate=2, at=later)]
    assert advance(known, rows) == {E0: CommittedRange(*E0, 0, 15, 14, 1, 11, 2, 1, later)}


def test_a_new_partition_begins_where_its_first_row_does() -> None:
    ledger = advance({E0: sums(0, 10)}, [sums(0, 10), sums(40, 50, place=S0)])
    assert ledger == {E0: sums(0, 10), S0: sums(40, 50, place=S0)}


def test_a_folded_row_that_ends_where_the_last_known_one_did_confirms_it() -> None:
    known = {E0: sums(0, 10)}
    rows = [sums(0, 10), sums(10, 12)]
    assert advance(known, rows) == {E0: sums(0, 12)}


def test_rows_folded_past_the_last_known_one_make_everything_be_read_anew() -> None:
    assert advance({E0: sums(0, 10)}, [sums(0, 12)]) is None


def test_an_emptied_warehouse_is_noticed() -> None:
    known = {E0: sums(0, 10), E1: sums(0, 3)}
    assert advance(known, []) is None
    assert advance(known, [sums(0, 10)]) is None
    another = sums(0, 10, at=T0 + timedelta(hours=1))
    assert advance(known, [another, sums(0, 3, place=E1)]) is None
    assert advance({}, []) == {}


@given(
    st.lists(st.tuples(st.sampled_from([E0, E1, S0]), st.integers(1, 50)), max_size=20),
    st.integers(0, 19),
)
def test_any_way_to_take_rows_in_gives_the_same_ledger(
    steps: list[tuple[TopicPartition, int]], cut: int
) -> None:
    rows: list[CommittedRange] = []
    ends: dict[TopicPartition, int] = {}
    for place, length in steps:
        start = ends.get(place, 0)
        ends[place] = start + length
        rows.append(sums(start, ends[place], place=place))
    first = advance({}, rows[:cut]) or {}
    last_rows = {(row.topic, row.partition): row for row in rows[:cut]}
    at_once = advance({}, rows)
    assert advance(first, [*last_rows.values(), *rows[cut:]]) == at_once
    assert at_once is not None
    assert {p: s.off_to for p, s in at_once.items()} == ends
    assert all(s.is_exact for s in at_once.values())


def test_offsets_between_are_those_that_are_new() -> None:
    known = {E0: sums(0, 10), E1: sums(0, 3)}
    assert offsets_between(known, {E0: sums(0, 12), E1: sums(0, 3), E2: sums(5, 9)}) == {
        E0: (10, 12),
        E2: (5, 9),
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(sums(0, 10, dead=2, duplicate=1), True, id="each record is accounted for"),
        pytest.param(sums(0, 10, absent=3), True, id="some offsets hold no record"),
        pytest.param(sums(0, 10, absent=10), True, id="none does"),
        pytest.param(replace(sums(0, 10), n_written=9), False, id="a record is lost"),
        pytest.param(replace(sums(0, 10), n_written=11), False, id="one too many"),
        pytest.param(replace(sums(0, 10), n_absent=1), False, id="an offset too many"),
        pytest.param(replace(sums(0, 10), off_to=11), False, id="a gap"),
    ],
)
def test_is_exact(row: CommittedRange, expected: bool) -> None:
    assert row.is_exact is expected


def test_reconcile_tells_the_lag_and_what_is_not_exact() -> None:
    gap = replace(sums(0, 10), n_written=9)
    stock = sums(5, 7, absent=1)
    ends = {E0: 13, E1: 8, E2: 4, S0: 7}
    found = reconcile({E0: sums(0, 10, dead=2, duplicate=1), E1: gap, S0: stock}, ends)
    told = ("topic", "partition", "off_to", "n_absent", "atraso", "exata")
    assert [tuple(getattr(entry, name) for name in told) for entry in found] == [
        (TOPIC_ESTOQUE, 0, 7, 1, 0, True),
        (TOPIC_EVENTOS, 0, 10, 0, 3, True),
        (TOPIC_EVENTOS, 1, 10, 0, 0, False),
        (TOPIC_EVENTOS, 2, 0, 0, 4, True),
    ]
    assert found[1].n_written == 7


def test_without_kafka_the_lag_is_unknown() -> None:
    assert reconcile({E0: sums(0, 10)}, None)[0].atraso is None


def test_is_ahead() -> None:
    assert is_ahead({E0: 1}, {})
    assert is_ahead({E0: 3, S0: 2}, {E0: 3, S0: 1})
    assert not is_ahead({E0: 3, E1: 0}, {E0: 4})
