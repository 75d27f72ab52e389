"""Why the files of a day and its stream differ, in words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from analytics_api.day_reconciliation import explanation
from warehouse.history.reconciled import Figura, Reconciled

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
