"""A page of the stock is what a look at each product alone would show."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics_api.cursor import encode_cursor
from analytics_api.outlook import SalesPace, outlook
from analytics_api.reports import AsOf
from analytics_api.stock import Level, StockLevels
from analytics_api.stock_report import StockFigures

HOUR = datetime(2026, 3, 2, 12, tzinfo=UTC)
NAMES = [f"p{n}" for n in range(8)]
UNITS = st.one_of(st.integers(0, 9), st.integers(0, 2**31 - 1))
LEVELS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("ab"), UNITS), max_size=20)
SOLD = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(-7, 1).map(lambda hours: HOUR + timedelta(hours=hours)),
        st.one_of(st.integers(-9, 9), st.integers(-(2**40), 2**40)),
    ),
    max_size=20,
)
MOMENTS = st.integers(0, 3 * 60).map(lambda minutes: HOUR + timedelta(minutes=minutes))
SINCE = st.none() | st.integers(0, 600).map(lambda minutes: HOUR - timedelta(minutes=minutes))


def days_of(levels: StockLevels, pace: SalesPace, name: str, now: datetime) -> float | None:
    units = sum(level.units for level in levels.of(name))
    return outlook(units, pace.per_hour(name, now), now).days


@given(st.lists(st.tuples(LEVELS, MOMENTS), min_size=1, max_size=3), SOLD, SINCE, st.data())
def test_a_page_has_those_that_last_no_longer(
    changes: list[tuple[list[tuple[str, str, int]], datetime]],
    sold: list[tuple[str, datetime, int]],
    since: datetime | None,
    data: st.DataObject,
) -> None:
    levels, pace = StockLevels(), SalesPace.of(sold, since)
    for reported, now in changes:
        levels = levels.changed(Level(*each, HOUR, HOUR) for each in reported)
        lasting = {name: days_of(levels, pace, name, now) for name in levels.ids}
        bounds = {days for days in lasting.values() if days is not None}
        at_most = data.draw(st.sampled_from(sorted(bounds | {0.0, 1.0, 3650.0})))
        after, limit = data.draw(st.sampled_from(["", *NAMES])), data.draw(st.integers(1, 9))
        expected = [
            name
            for name, days in lasting.items()
            if name > after and days is not None and days <= at_most
        ]
        page = StockFigures(levels, pace, now).page(
            AsOf(None, []), limite=limit, after=after, dias_ate=at_most
        )
        assert [item.id_produto for item in page.itens] == expected[:limit]
        has_more = len(expected) > limit
        assert page.proximo_cursor == (encode_cursor(expected[limit - 1]) if has_more else None)
