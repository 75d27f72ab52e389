"""Why the files of a day and its stream differ, in words."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from analytics_api.day_reconciliation import explanation
from warehouse.history.reconciled_row import Figura, Reconciled

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EQUAL = "Os arquivos e o fluxo dizem o mesmo"


def figure(figura: Figura, *parts: str) -> Reconciled:
    values = [Decimal(part) for part in parts]
    stream, difference = Decimal(5000), Decimal(sum(values))
    sides = (stream, stream + difference, difference)
    return Reconciled(NOW.date(), figura, *sides, *values, NOW)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(figure("receita", "0", "0", "0", "0"), f"{EQUAL}.", id="equal"),
        pytest.param(
            figure("receita", "1234567.80", "0", "0", "0"),
            "Os arquivos dizem R$ 1.234.567,80 a mais que o fluxo: "
            "+R$ 1.234.567,80 de vendas que só estão nos arquivos.",
            id="one part",
        ),
        pytest.param(
            figure("unidades", "3", "-1", "-4", "0"),
            "Os arquivos dizem 2 unidades a menos que o fluxo: "
            "+3 unidades de vendas que só estão nos arquivos, "
            "−1 unidade de vendas que só estão no fluxo e "
            "−4 unidades de vendas que o outro lado data em outro dia.",
            id="several parts",
        ),
        pytest.param(
            figure("receita", "10.00", "0", "0", "-10.00"),
            f"{EQUAL} no total, mas há diferenças que se anulam: "
            "+R$ 10,00 de vendas que só estão nos arquivos e "
            "−R$ 10,00 de vendas com outra quantidade ou outro preço.",
            id="parts that cancel each other",
        ),
        pytest.param(
            figure("pedidos", "0", "0", "1001", "0"),
            "Os arquivos dizem 1.001 pedidos a mais que o fluxo: "
            "+1.001 pedidos de vendas que o outro lado data em outro dia.",
            id="a count",
        ),
    ],
)
def test_explanation(found: Reconciled, expected: str) -> None:
    assert explanation(found) == expected


def live(found: Reconciled, told: str, expected: str, minutes: int = 1440) -> Reconciled:
    sides = (Decimal(told), Decimal(expected))
    return replace(
        found, ao_vivo=sides[0], ao_vivo_esperado=sides[1], minutos=minutes, minutos_do_dia=1440
    )


NOTHING = ("0", "0", "0", "0")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            live(figure("receita", *NOTHING), "1234.56", "1234.56"),
            "O painel ao vivo mostrou R$ 1.234,56, já sem devoluções, "
            "o mesmo que o fluxo nos mesmos minutos.",
            id="the same",
        ),
        pytest.param(
            live(figure("receita", *NOTHING), "1234.56", "1244.56"),
            "O painel ao vivo mostrou R$ 1.234,56, já sem devoluções, R$ 10,00 a menos que "
            "o fluxo nos mesmos minutos, por vendas que ele não leu em até uma hora.",
            id="sales that came late",
        ),
        pytest.param(
            live(figure("unidades", *NOTHING), "-1", "-2", 700),
            "O painel ao vivo mostrou −1 unidade, já sem devoluções, 1 unidade a mais que o fluxo "
            "nos mesmos minutos, por devoluções que ele não leu em até uma hora, ou por eventos "
            "que só ele contou. Minutos registrados: 700 de 1.440.",
            id="returns that came late, and minutes that are not known",
        ),
        pytest.param(
            live(figure("pedidos", *NOTHING), "0", "0"),
            "O painel ao vivo mostrou 0 pedidos, já sem devoluções, "
            "o mesmo que o fluxo nos mesmos minutos.",
            id="nothing was sold",
        ),
    ],
)
def test_what_the_live_figures_said_follows(found: Reconciled, expected: str) -> None:
    assert explanation(found) == f"{EQUAL}. {expected}"
