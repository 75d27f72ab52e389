"""Which minutes are final, and what they say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.live_figures import KEPT, MINUTE
from platform_jobs.final_minutes import (
    FINAL_AFTER,
    MinuteTotals,
    Progress,
    final_minutes,
    first_kept,
    totals_of,
)

NOW = datetime(2026, 5, 2, 15, 0, 20, tzinfo=UTC)
FIRST = first_kept(NOW)
SOLD = {"pedidos": 2, "unidades": 3, "receita": "29.70"}


def known(*minutes: datetime) -> dict[datetime, MinuteTotals]:
    return {minute: MinuteTotals(minute, 2, 3, Decimal("29.70"), 7) for minute in minutes}


def test_a_document_says_its_totals_and_the_clicks_that_it_names() -> None:
    viewed = [{"id_produto": "p1", "n": 4}, {"id_produto": "p2", "n": 3}]
    document = {"_id": "minuto/x", "minuto": NOW, **SOLD, "visualizacoes": viewed}
    assert totals_of(document) == MinuteTotals(NOW, 2, 3, Decimal("29.70"), 7)


def test_a_document_is_used_until_shortly_before_it_may_be_removed() -> None:
    assert datetime(2026, 5, 2, 3, 6, tzinfo=UTC) == FIRST
    assert FIRST - (NOW - KEPT) >= 5 * MINUTE


@pytest.mark.parametrize(
    ("advanced", "covered", "documents", "expected"),
    [
        pytest.param(None, FIRST, [FIRST], [], id="no query ever ran"),
        pytest.param(-1, FIRST, [FIRST], [], id="an event may still correct it"),
        pytest.param(0, FIRST, [FIRST], [(FIRST, 2)], id="none can any more"),
        pytest.param(0, FIRST, [], [(FIRST, 0)], id="nothing happened in it"),
        pytest.param(0, FIRST + MINUTE, [], [], id="it was not read completely"),
        pytest.param(0, None, [], [], id="it is not known what was read"),
        pytest.param(0, None, [FIRST], [(FIRST, 2)], id="a document that was shown"),
        pytest.param(0, FIRST, [FIRST - MINUTE], [(FIRST, 0)], id="its document may be gone"),
        pytest.param(
            120, FIRST + 2 * MINUTE, [FIRST], [(FIRST, 2), (FIRST + 2 * MINUTE, 0)], id="a gap"
        ),
    ],
)
def test_final_minutes(
    advanced: int | None,
    covered: datetime | None,
    documents: list[datetime],
    expected: list[tuple[datetime, int]],
) -> None:
    moment = None if advanced is None else FIRST + FINAL_AFTER + timedelta(seconds=advanced)
    found = list(final_minutes(known(*documents), Progress(moment, covered), now=NOW))
    assert [(minute.minuto, minute.pedidos) for minute in found] == expected


MINUTES = st.integers(-10, 800).map(lambda n: FIRST + n * MINUTE)


@given(
    st.sets(MINUTES, max_size=30), MINUTES, st.integers(0, 40_000), st.integers(0, 40_000), MINUTES
)
def test_a_later_look_changes_nothing_that_was_final(
    documents: set[datetime], covered: datetime, first: int, more: int, added: datetime
) -> None:
    """The documents of minutes that are final stay as they are."""
    earlier = Progress(FIRST + timedelta(seconds=first), covered)
    before = list(final_minutes(known(*documents), earlier, now=NOW))
    later = Progress(FIRST + timedelta(seconds=first + more), covered)
    if added + FINAL_AFTER > FIRST + timedelta(seconds=first):
        documents = documents | {added}
    after = list(final_minutes(known(*documents), later, now=NOW))
    assert after[: len(before)] == before
    assert [minute.minuto for minute in after] == sorted({minute.minuto for minute in after})
