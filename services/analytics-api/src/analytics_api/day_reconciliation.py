"""What the stream and the files say of one day's sales, and why they differ, in words."""

from decimal import Decimal
from typing import Final

from warehouse.history.reconciled import Figura, Reconciled

_EQUAL: Final = "Os arquivos e o fluxo dizem o mesmo"
_PARTS: Final = (
    ("ausente_no_fluxo", "de vendas que só estão nos arquivos"),
    ("ausente_no_arquivo", "de vendas que só estão no fluxo"),
    ("outro_dia", "de vendas que o outro lado data em outro dia"),
    ("valor_diferente", "de vendas com outra quantidade ou outro preço"),
)


def explanation(figure: Reconciled) -> str:
    """A sentence for the shopkeeper, made of the parts that are not zero."""
    parts = [(getattr(figure, name), text) for name, text in _PARTS]
    named = [f"{_signed(figure.figura, value)} {text}" for value, text in parts if value]
    if not named:
        return f"{_EQUAL}."
    told = " e ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    if not figure.diferenca:
        return f"{_EQUAL} no total, mas há diferenças que se anulam: {told}."
    side = "a mais" if figure.diferenca > 0 else "a menos"
    amount = _amount(figure.figura, abs(figure.diferenca))
    return f"Os arquivos dizem {amount} {side} que o fluxo: {told}."


def _signed(figura: Figura, value: Decimal) -> str:
    return f"{'+' if value > 0 else '−'}{_amount(figura, abs(value))}"


def _amount(figura: Figura, value: Decimal) -> str:
    if figura == "receita":
        return f"R$ {_brazilian(f'{value:,.2f}')}"
    unit = figura.removesuffix("s") if value == 1 else figura
    return f"{_brazilian(f'{value:,.0f}')} {unit}"


def _brazilian(number: str) -> str:
    return number.translate(str.maketrans(",.", ".,"))
