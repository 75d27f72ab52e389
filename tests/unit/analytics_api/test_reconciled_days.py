from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.support.analytics import NOW, TODAY

from analytics_api.cursor import decode_cursor
from analytics_api.history_report import HistoryAsOf
from analytics_api.periods import Period
from analytics_api.reconciled_days import COLUMNS, ReconciledPage, lines, reconciled_day
from warehouse.history.reconciled_row import FIGURES, Reconciled

AS_OF = HistoryAsOf(NOW, NOW, [])


def figures(day: date) -> list[Reconciled]:
    money = [
        Decimal("10.00"),
        Decimal("12.50"),
        Decimal("2.50"),
        Decimal("2.50"),
        *[Decimal(0)] * 3,
    ]
    counts = [Decimal(1)] * 2 + [Decimal(0)] * 5
    return [
        Reconciled(day, figura, *(money if figura == "receita" else counts), NOW)
        for figura in FIGURES
    ]


def test_the_lines_of_a_day() -> None:
    day = reconciled_day(TODAY, figures(TODAY), [])
    told = [line.model_dump(mode="json") for line in lines([day])]
    assert [line["figura"] for line in told] == ["receita", "unidades", "pedidos"]
    assert [(line["arquivo"], line["diferenca"]) for line in told] == [
        ("12.50", "2.50"),
        (1, 0),
        (1, 0),
    ]
    assert {line["dia"] for line in told} == {str(TODAY)}
    assert all(set(line) == set(COLUMNS) for line in told)


@given(st.sets(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40), st.integers(1, 9))
def test_pages_hold_each_day_of_the_period_once_the_newest_first(
    ago: set[int], first: int, last: int, limite: int
) -> None:
    days = {day: figures(day) for day in (TODAY - timedelta(days=n) for n in sorted(ago))}
    period = Period(TODAY - timedelta(days=first), TODAY - timedelta(days=last))
    found, before = [], date.max
    while True:
        answer = ReconciledPage(days, period, before, limite).answer(AS_OF)
        assert len(lines(answer.itens)) == 3 * len(answer.itens) <= 3 * limite
        found += answer.itens
        if answer.proximo_cursor is None:
            break
        before = date.fromisoformat(decode_cursor(answer.proximo_cursor))
    chosen = sorted((day for day in days if period.first <= day <= period.last), reverse=True)
    assert [item.dia for item in found] == chosen
    for item in found:
        told = reconciled_day(item.dia, days[item.dia], [])
        assert item.model_dump() == told.model_dump(exclude={"degradado"})
