"""Days as spans and conditions."""

from datetime import date, timedelta
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.history.day_spans import lines_within, months_of, spans, within
from warehouse.literals import day_in

DAYS = st.sets(st.dates(date(2024, 1, 25), date(2024, 4, 5)))


@given(DAYS)
def test_spans_hold_the_days_and_no_others(days: set[date]) -> None:
    found = spans(days)
    held = [
        first + timedelta(days=n) for first, last in found for n in range((last - first).days + 1)
    ]
    assert held == sorted(days)
    assert all(later[0] - earlier[1] > timedelta(days=1) for earlier, later in pairwise(found))


def test_months_are_whole() -> None:
    days = [date(2024, 2, 29), date(2024, 2, 1), date(2023, 12, 31)]
    assert months_of(days) == [
        (date(2023, 12, 1), date(2023, 12, 31)),
        (date(2024, 2, 1), date(2024, 2, 29)),
    ]


def test_conditions() -> None:
    span = (date(2024, 1, 1), date(2024, 1, 2))
    assert within("dia", [span]) == "((dia BETWEEN DATE '2024-01-01' AND DATE '2024-01-02'))"
    assert lines_within("d", [span]) == (
        "((data >= TIMESTAMP '2023-12-30' AND data < TIMESTAMP '2024-01-04' "
        "AND ((d BETWEEN DATE '2024-01-01' AND DATE '2024-01-02'))))"
    )


def test_lines_in_the_midst_of_a_long_span_need_no_time_zone() -> None:
    assert lines_within("d", [(date(2024, 1, 1), date(2024, 1, 5))]) == (
        "((data >= TIMESTAMP '2023-12-30' AND data < TIMESTAMP '2024-01-07' "
        "AND (data >= TIMESTAMP '2024-01-03' AND data < TIMESTAMP '2024-01-04' "
        "OR ((d BETWEEN DATE '2024-01-01' AND DATE '2024-01-05')))))"
    )


@pytest.mark.parametrize("days", [1, 4, 5, 8])
@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_exactly_the_lines_of_the_days_are_found(days: int, zone: str) -> None:
    first = date(2024, 1, 10)
    last = first + timedelta(days=days - 1)
    local = f"timezone('{zone}', timezone('UTC', data))"
    lines = "FROM range(TIMESTAMP '2024-01-05', TIMESTAMP '2024-01-25', INTERVAL 1 HOUR) t(data)"
    with duckdb.connect() as database:
        found, expected = (
            database.execute(f"SELECT data {lines} WHERE {condition} ORDER BY data").fetchall()
            for condition in (
                lines_within(f"CAST({local} AS DATE)", [(first, last)]),
                f"strftime({local}, '%Y-%m-%d') BETWEEN '{first}' AND '{last}'",
            )
        )
    assert len(found) == 24 * days
    assert found == expected


@pytest.mark.parametrize("name", ["", "America/Sao_Paulo'", "a b", "UTC;"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        day_in(name)
