"""From click to purchase, and abandoned carts."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.live_events import (
    NOW,
    SECOND,
    Event,
    cart,
    click,
    dated,
    plain_funnel,
    sale,
    take,
)

from stream_processor.funnel_figures import Funnel, first_second
from stream_processor.live_figures import LiveFigures

NOTHING = Decimal("0.00")
FIRST = first_second(NOW)
LATER = SECOND - 10
EARLIER = SECOND - 20


def funnel(*events: Event) -> Funnel:
    figures = LiveFigures()
    take(figures, *events)
    return figures.enriched.funnel.funnel(NOW)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([click("a"), click("b"), click("c", "u2")], (2, 0, 0), id="distinct people"),
        pytest.param([click("a"), cart("b"), sale("c")], (1, 1, 1), id="all in one second"),
        pytest.param([cart("b"), sale("c")], (0, 0, 0), id="who never clicked"),
        pytest.param([click("a"), sale("c")], (1, 0, 0), id="bought without a cart"),
        pytest.param([click("a"), dated(cart("b"), LATER)], (1, 0, 0), id="cart before the click"),
        pytest.param(
            [dated(click("a"), EARLIER), cart("b"), dated(sale("c"), LATER)],
            (1, 1, 0),
            id="bought before the cart",
        ),
        pytest.param(
            [dated(click("a"), FIRST), cart("b"), sale("c", id_produto="p2")],
            (1, 1, 1),
            id="the first second of the window, and another product",
        ),
        pytest.param([dated(click("a"), FIRST - 1), cart("b")], (0, 0, 0), id="before the window"),
        pytest.param(
            [click("a"), cart("b"), sale("c"), sale("d", units=-1)],
            (1, 1, 1),
            id="who takes back has bought",
        ),
    ],
)
def test_steps(events: list[Event], expected: tuple[int, int, int]) -> None:
    found = funnel(*events)
    assert (found.clicaram, found.adicionaram, found.compraram) == expected


OLD = SECOND - 15 * 60


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([dated(cart("a"), OLD)], (1, 1, 0, NOTHING), id="no price is known"),
        pytest.param([dated(cart("a"), OLD + 1)], (0, 0, 0, NOTHING), id="not yet abandoned"),
        pytest.param(
            [dated(cart("a"), OLD), cart("b")], (0, 0, 0, NOTHING), id="the last addition is new"
        ),
        pytest.param(
            [dated(cart("a", price="1.50", units=3), OLD)],
            (1, 1, 1, Decimal("4.50")),
            id="its own price",
        ),
        pytest.param(
            [dated(cart("a", units=2), OLD), sale("b", "u2")],
            (1, 1, 1, Decimal("20.00")),
            id="the price that another customer paid last",
        ),
        pytest.param(
            [dated(cart("a"), OLD), dated(sale("b"), OLD)], (0, 0, 0, NOTHING), id="bought since"
        ),
        pytest.param(
            [dated(cart("a"), OLD), dated(sale("b"), OLD - 1)],
            (1, 1, 1, Decimal("10.00")),
            id="bought before",
        ),
        pytest.param(
            [dated(cart("a"), OLD), dated(cart("b", id_produto="p2"), OLD)],
            (2, 1, 0, NOTHING),
            id="two products of one customer",
        ),
        pytest.param([dated(cart("a"), FIRST - 1)], (0, 0, 0, NOTHING), id="before the window"),
    ],
)
def test_abandoned_carts(events: list[Event], expected: tuple[int, int, int, Decimal]) -> None:
    found = funnel(*events)
    assert (found.carrinhos, found.clientes, found.com_preco, found.valor) == expected


def test_what_left_the_window_is_forgotten() -> None:
    figures = LiveFigures()
    take(figures, click("a"), cart("b"), sale("c"))
    take(figures, now=NOW + timedelta(minutes=62))
    assert figures.enriched.funnel.funnel(NOW) == Funnel(0, 0, 0, 0, 0, 0, NOTHING)


def _event(name: int, what: str, who: str, product: str, ago: int, units: int) -> Event:
    named = {"id_produto": product}
    made = {
        "click": click(str(name), who, **named),
        "cart": cart(str(name), who, units=units, **named),
        "priced": cart(str(name), who, price="7.77", units=units, **named),
        "sale": sale(str(name), who, units=units, **named),
        "back": sale(str(name), who, units=-units, **named),
        "sonda": click(str(name), who, tipo="sonda", **named),
    }
    return dated(made[what], SECOND - ago)


EVENTS = st.builds(
    _event,
    st.integers(0, 30),
    st.sampled_from(["click", "cart", "priced", "sale", "back", "sonda"]),
    st.sampled_from(["u1", "u2", "u3"]),
    st.sampled_from(["p1", "p2"]),
    st.one_of(st.integers(0, 5), st.integers(895, 905), st.integers(0, 3800)),
    st.integers(1, 3),
)


@settings(deadline=None, max_examples=15)
@given(batches=st.lists(st.lists(EVENTS, max_size=12), max_size=4), restart=st.integers(0, 4))
def test_any_order_and_any_cut_and_a_restart_count_the_same(
    batches: list[list[Event]], restart: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    figures = LiveFigures()
    for number, batch in enumerate(batches):
        take(figures, *batch)
        if number == restart:
            figures = _restored(figures, tmp_path_factory.mktemp("snapshot"))
    found = figures.enriched.funnel.funnel(NOW)
    events = [event for batch in batches for event in batch]
    expected = Funnel(*plain_funnel(events, first=FIRST, old=SECOND - 15 * 60))
    assert found == expected


def _restored(figures: LiveFigures, folder: Path) -> LiveFigures:
    figures.save(folder / "figures", positions={0: 1}, first_minute=0)
    other = LiveFigures()
    other.restore(folder / "figures")
    return other
