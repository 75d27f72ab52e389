"""When alerts open, change and close."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stock_alerts import alerts
from stock_alerts.alerts import Alert, Motivo, Policy, ProductStock, changed_alerts

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = Policy(open_days=2.0, close_days=3.0)


def product(days: float | None, *, units: int = 9, per_hour: float = 1.0) -> ProductStock:
    return ProductStock("p1", units, per_hour, days, NOW)


def alert(motivo: Motivo = Motivo.ACABANDO) -> Alert:
    hour_ago = NOW - timedelta(hours=1)
    return Alert("p1", hour_ago, hour_ago, motivo, 9, 1.0, NOW)


@pytest.mark.parametrize(
    ("stock", "opened"),
    [
        pytest.param(product(2.0), Motivo.ACABANDO, id="as soon as it lasts two days"),
        pytest.param(product(2.1), None, id="not while it lasts longer"),
        pytest.param(product(None, per_hour=0.0), None, id="not where nothing sells"),
        pytest.param(product(0.0, units=0), Motivo.ESGOTADO, id="sold out"),
        pytest.param(product(0.0, units=0, per_hour=0.0), None, id="sold out, and nobody asks"),
    ],
)
def test_opening(stock: ProductStock, opened: Motivo | None) -> None:
    changed = changed_alerts({}, [stock], POLICY, NOW)
    assert [each.motivo for each in changed] == ([opened] if opened else [])
    assert all(each.opened_at == each.changed_at == NOW for each in changed)


@pytest.mark.parametrize(
    ("stock", "closed"),
    [
        pytest.param([product(2.5)], False, id="between the bounds it stays"),
        pytest.param([product(3.0)], False, id="on the bound it stays"),
        pytest.param([product(3.1)], True, id="beyond it closes"),
        pytest.param([product(None)], True, id="nothing sells any more"),
        pytest.param([], True, id="no longer among what ends soon"),
        pytest.param([product(0.0, units=0, per_hour=0.0)], False, id="sold out stays open"),
    ],
)
def test_closing(stock: list[ProductStock], closed: bool) -> None:
    changed = changed_alerts({"p1": alert()}, stock, POLICY, NOW)
    assert [each.closed_at for each in changed if each.closed_at] == ([NOW] if closed else [])


def test_a_reason_that_changes_dates_the_change() -> None:
    (sold_out,) = changed_alerts({"p1": alert()}, [product(0.0, units=0)], POLICY, NOW)
    assert (sold_out.motivo, sold_out.changed_at) == (Motivo.ESGOTADO, NOW)
    assert sold_out.id_alerta == alert().id_alerta == "p1@20260302T110000.000000"
    (back,) = changed_alerts({"p1": sold_out}, [product(0.5)], POLICY, NOW + timedelta(hours=1))
    assert (back.motivo, back.changed_at) == (Motivo.ACABANDO, NOW + timedelta(hours=1))


def test_numbers_that_change_leave_its_date() -> None:
    (told,) = changed_alerts({"p1": alert()}, [product(1.5, units=7)], POLICY, NOW)
    assert told == replace(alert(), units=7, days=1.5)


def test_what_stays_as_it_is_is_not_written() -> None:
    assert changed_alerts({"p1": alert()}, [product(1.0)], POLICY, NOW) == []


def test_with_too_many_in_need_the_most_urgent_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "MOST_OPEN", 3)
    needs = [ProductStock(f"p{n}", 5, 1.0, 2.0 - n / 10, NOW) for n in range(5)]
    opened = changed_alerts({"p0": replace(alert(), id_produto="p0")}, needs, POLICY, NOW)
    assert [each.id_produto for each in opened if each.opened_at == NOW] == ["p4", "p3"]


@given(st.lists(st.floats(0.0, 5.0), max_size=40))
def test_it_opens_at_one_bound_and_closes_beyond_the_other(levels: list[float]) -> None:
    known: dict[str, Alert] = {}
    for number, days in enumerate(levels):
        now = NOW + timedelta(minutes=number)
        was_open = bool(known)
        for each in changed_alerts(known, [product(days)], POLICY, now):
            known = {} if each.closed_at else {"p1": each}
        if days <= POLICY.open_days:
            assert known
        elif days > POLICY.close_days:
            assert not known
        else:
            assert bool(known) == was_open
