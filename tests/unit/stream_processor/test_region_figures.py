"""Sales, views and active customers per state and segment."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.live_events import NOON, NOW, SECOND, Event, cart, click, dated, sale, take

from stream_processor.live_figures import LiveFigures
from stream_processor.profiles import UNKNOWN, Answer, Profile
from stream_processor.region_figures import (
    ESTADOS,
    KNOWN_FOR,
    MOST_NAMED,
    OTHERS,
    SEGMENTOS,
    RegionFigures,
    RegionMinute,
    Totals,
    named,
)

SP = Profile("SP", "Sudeste", "fiel")
BA = Profile("BA", "Nordeste", "fiel")
NOWHERE = Profile()
TEN = Decimal("10.00")


def answer(figures: LiveFigures, now: datetime = NOW, **profiles: Profile) -> None:
    lido = int(now.timestamp())
    figures.enriched.regions.resolve([Answer(u, p, lido) for u, p in profiles.items()], now)


def noon(figures: LiveFigures) -> RegionMinute:
    return figures.enriched.regions.figures_of([NOON])[NOON]


def test_events_wait_for_the_profile_of_their_customer() -> None:
    figures = LiveFigures()
    take(figures, click("a"), sale("b", units=2), click("c", "u2"), cart("d", "u3"))
    regions = figures.enriched.regions
    assert (noon(figures), regions.changed) == (RegionMinute({}, {}), set())
    assert regions.waiting(NOW, 10) == ["u1", "u2", "u3"]
    assert (regions.waiting(NOW, 2), regions.customers_waiting()) == (["u1", "u2"], 3)
    answer(figures, u1=SP, u3=BA)
    assert regions.changed == {NOON}
    assert noon(figures) == RegionMinute(
        {("SP", "Sudeste"): Totals(1, 2, 2 * TEN, 1)}, {("fiel",): Totals(1, 2, 2 * TEN, 1)}
    )
    assert regions.active(ESTADOS, NOW) == {("SP", "Sudeste"): 1, ("BA", "Nordeste"): 1}
    assert regions.active(SEGMENTOS, NOW) == {("fiel",): 2}
    answer(figures, u2=NOWHERE)
    assert noon(figures).estados[UNKNOWN, UNKNOWN] == Totals(0, 0, Decimal("0.00"), 1)
    assert regions.waiting(NOW, 10) == []


def test_a_profile_is_known_for_half_a_minute_and_then_read_again() -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    answer(figures, u1=SP)
    take(figures, click("b"), now=NOW + KNOWN_FOR)
    answer(figures, NOW + KNOWN_FOR)
    assert noon(figures).estados[SP[:2]].visualizacoes == 2
    later = NOW + KNOWN_FOR + timedelta(seconds=1)
    take(figures, click("c"), now=later)
    answer(figures, later)
    assert figures.enriched.regions.waiting(later, 10) == ["u1"]
    answer(figures, later, u1=BA)
    assert {key: t.visualizacoes for key, t in noon(figures).estados.items()} == {
        SP[:2]: 2,
        BA[:2]: 1,
    }
    assert figures.enriched.regions.active(ESTADOS, NOW) == {BA[:2]: 1}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([sale("a"), sale("b")], (1, 2), id="an order of two lines"),
        pytest.param([sale("a", units=2), sale("b", units=-1)], (1, 1), id="taken back in part"),
        pytest.param([sale("a", units=2), sale("b", units=-2)], (0, 0), id="taken back whole"),
        pytest.param([sale("a", units=-3)], (0, -3), id="bought before"),
        pytest.param([sale("a"), sale("a", "u2", 9)], (1, 1), id="a repeat that says another"),
        pytest.param([sale("a"), sale("b", order="o2")], (2, 2), id="two orders"),
        pytest.param([sale("a"), click("b", id_pedido="o2")], (1, 1), id="a click has no order"),
    ],
)
def test_orders_and_units(events: list[Event], expected: tuple[int, int]) -> None:
    figures = LiveFigures()
    for event in events:
        take(figures, event)
    answer(figures, u1=SP, u2=BA)
    (found,) = noon(figures).estados.values()
    assert (found.pedidos, found.unidades, found.receita) == (*expected, expected[1] * TEN)


def test_who_was_active_long_ago_is_not_told() -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    answer(figures, u1=SP)
    for seconds, expected in ((299, {("fiel",): 1}), (300, {})):
        moment = NOW + timedelta(seconds=seconds)
        assert figures.enriched.regions.active(SEGMENTOS, moment) == expected


def test_a_late_event_shows_the_profile_that_was_read_last() -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    answer(figures, u1=SP)
    later = NOW + KNOWN_FOR + timedelta(seconds=1)
    take(figures, dated(click("b"), SECOND - 1200), now=later)
    answer(figures, later, u1=BA)
    regions = figures.enriched.regions
    assert regions.active(ESTADOS, later) == {("BA", "Nordeste"): 1}
    regions.tidy(later, minutes=NOON - 3600, active=SECOND - 60)
    assert regions.active(ESTADOS, later) == {("BA", "Nordeste"): 1}


def test_active_customers_of_more_places_than_are_named_are_summed() -> None:
    figures = LiveFigures()
    places = MOST_NAMED + 3
    take(figures, *(click(f"e{n}", f"u{n}") for n in range(places)), click("e", "v"))
    profiles = {f"u{n}": Profile(f"E{n:03d}", "R", "s") for n in range(places)}
    answer(figures, **profiles, v=Profile("E002", "R", "s"))
    active = figures.enriched.regions.active(ESTADOS, NOW)
    assert (len(active), sum(active.values())) == (MOST_NAMED + 1, places + 1)
    assert (active["E002", "R"], active[OTHERS, OTHERS]) == (2, 3)


def test_what_left_the_window_waits_no_longer() -> None:
    figures = LiveFigures()
    take(figures, click("a"), sale("b", "u2"))
    answer(figures, u2=SP)
    take(figures, now=NOW + timedelta(minutes=60))
    assert figures.enriched.regions.waiting(NOW, 10) == ["u1"]
    take(figures, now=NOW + timedelta(minutes=62))
    regions = figures.enriched.regions
    assert (regions.waiting(NOW, 10), regions.minutes(), regions.changed) == ([], set(), set())


def test_more_places_than_are_named_are_summed() -> None:
    found = {(f"e{n:03d}", "r"): Totals(1, n, TEN, 0) for n in range(MOST_NAMED + 3)}
    kept = named(found, width=2)
    assert len(kept) == MOST_NAMED + 1
    assert kept[OTHERS, OTHERS] == Totals(3, 0 + 1 + 2, 3 * TEN, 0)
    assert named(kept | {("e001", "r"): Totals()}, width=2)[OTHERS, OTHERS].pedidos >= 3


Said = tuple[Event, str]
EVENTS = st.builds(
    lambda name, who, ago, units: dated(
        sale(str(name), who, units, order=f"o{name % 4}") if units else click(str(name), who),
        SECOND - ago,
    ),
    st.integers(0, 40),
    st.sampled_from(["u1", "u2", "u3", "u4"]),
    st.integers(0, 130),
    st.integers(-2, 2),
)
PROFILES = {"u1": SP, "u2": BA, "u3": Profile("SP", "Sudeste", "atacado"), "u4": NOWHERE}


@settings(deadline=None, max_examples=15)
@given(
    batches=st.lists(st.tuples(st.lists(EVENTS, max_size=12), st.booleans()), max_size=4),
    restart=st.integers(0, 4),
)
def test_any_order_any_cut_any_wait_and_a_restart_count_the_same(
    batches: list[tuple[list[Event], bool]],
    restart: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    figures = LiveFigures()
    for number, (batch, are_answered) in enumerate(batches):
        take(figures, *batch)
        if are_answered:
            _answer_all(figures.enriched.regions)
        if number == restart:
            path = tmp_path_factory.mktemp("snapshot") / "figures"
            figures.save(path, positions={0: 1}, first_minute=0)
            figures = LiveFigures()
            figures.restore(path)
    _answer_all(figures.enriched.regions)
    events = [event for batch, _ in batches for event in batch]
    for columns in (ESTADOS, SEGMENTOS):
        found = figures.enriched.regions.figures_of({NOON, NOON - 60, NOON - 120})
        seen = {
            (minute, key): (t.pedidos, t.unidades, t.receita, t.visualizacoes)
            for minute, each in found.items()
            for key, t in (each.estados if columns == ESTADOS else each.segmentos).items()
        }
        assert seen == _plain(events, columns)


def _answer_all(regions: RegionFigures) -> None:
    regions.resolve([Answer(u, PROFILES[u], SECOND) for u in regions.waiting(NOW, 10)], NOW)


def _plain(
    events: list[Event], columns: tuple[str, ...]
) -> dict[tuple[int, tuple[str, ...]], tuple[int, int, Decimal, int]]:
    seen = set[str]()
    views: defaultdict[tuple[int, tuple[str, ...]], int] = defaultdict(int)
    orders: defaultdict[tuple[int, tuple[str, ...]], defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for event in events:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        key = tuple(getattr(PROFILES[event["id_usuario"]], name) for name in columns)
        if event["tipo"] == "clique":
            views[event["minuto"], key] += 1
        else:
            orders[event["minuto"], key][event["id_pedido"]] += event["unidades"]
    found = {}
    for place in {*views, *orders}:
        units = orders[place].values()
        total = sum(units)
        found[place] = (sum(n > 0 for n in units), total, total * TEN, views[place])
    return found
