"""Counts of ages as the text of a column."""

from hypothesis import given
from hypothesis import strategies as st

from service_runtime.age_classes import CLASSES
from warehouse.row_ages import as_text, counts_of
from warehouse.tables import IDADES

A_LEDGER_ROW = 10**9
"""More records than a range of offsets ever has."""


@given(st.dictionaries(st.integers(0, CLASSES - 1), st.integers(1, A_LEDGER_ROW)))
def test_a_text_is_read_back(present: dict[int, int]) -> None:
    counts = [present.get(number, 0) for number in range(CLASSES)]
    assert counts_of(as_text(counts)) == counts


def test_a_text_is_short_where_few_classes_occur() -> None:
    assert as_text([0, 0, 7, *[0] * 200, 12]) == "2:7 203:12"
    assert as_text([0] * CLASSES) == ""


def test_the_longest_text_fits_its_column() -> None:
    (column,) = (column for column in IDADES.columns if column.name == "idades")
    longest = as_text([A_LEDGER_ROW] * CLASSES)
    assert column.type == "VARCHAR(4096)"
    assert len(longest.encode()) <= 4096
