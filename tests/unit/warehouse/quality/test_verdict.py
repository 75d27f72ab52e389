"""A figure and its limits make a verdict."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.quality.verdict import Limits, Range, Veredito, judge

APROVADA, ALERTA, REPROVADA = Veredito
FIGURES = st.decimals(-(10**6), 10**6, places=4)
BOUNDS = st.none() | FIGURES
NO_ROW = Limits(Range(highest=Decimal(0)))
SHARE = Limits(Range(highest=Decimal("0.05")), Range(highest=Decimal("0.01")))
VOLUME = Limits(Range(Decimal("0.5"), Decimal(2)), Range(Decimal("0.8"), Decimal("1.25")))


@pytest.mark.parametrize(
    ("figure", "limits", "verdict"),
    [
        pytest.param("0", NO_ROW, APROVADA, id="no row is wrong"),
        pytest.param("1", NO_ROW, REPROVADA, id="one is too many"),
        pytest.param("0.01", SHARE, APROVADA, id="a bound is included"),
        pytest.param("0.0101", SHARE, ALERTA, id="unusual"),
        pytest.param("0.05", SHARE, ALERTA, id="the bound of what is accepted, too"),
        pytest.param("0.05000001", SHARE, REPROVADA, id="judged before it is rounded"),
        pytest.param("1", VOLUME, APROVADA, id="as many as ever"),
        pytest.param("0.79", VOLUME, ALERTA, id="few"),
        pytest.param("0.49", VOLUME, REPROVADA, id="too few"),
        pytest.param("1.26", VOLUME, ALERTA, id="many"),
        pytest.param("2.01", VOLUME, REPROVADA, id="too many"),
    ],
)
def test_a_figure_is_judged(figure: str, limits: Limits, verdict: Veredito) -> None:
    assert judge(Decimal(figure), limits, without_data=APROVADA) is verdict


@pytest.mark.parametrize("without_data", Veredito)
def test_without_a_figure_the_check_decides(without_data: Veredito) -> None:
    assert judge(None, VOLUME, without_data=without_data) is without_data


@given(FIGURES, BOUNDS, BOUNDS, BOUNDS, BOUNDS)
def test_narrower_limits_never_make_it_better(
    figure: Decimal, low: Decimal | None, high: Decimal | None, a: Decimal | None, b: Decimal | None
) -> None:
    wide = judge(figure, Limits(Range(low, high)), without_data=APROVADA)
    narrow = judge(figure, Limits(Range(low, high), Range(a, b)), without_data=APROVADA)
    assert (wide is REPROVADA) == (narrow is REPROVADA)
    assert list(Veredito).index(narrow) >= list(Veredito).index(wide)


@pytest.mark.parametrize(
    ("accepted", "words"),
    [
        (Range(highest=Decimal(0)), "no máximo 0"),
        (Range(highest=Decimal("0.050")), "no máximo 0,05"),
        (Range(lowest=Decimal(100)), "no mínimo 100"),
        (Range(Decimal("0.4"), Decimal("2.5")), "de 0,4 a 2,5"),
    ],
)
def test_limits_are_said_in_words(accepted: Range, words: str) -> None:
    assert str(accepted) == words
