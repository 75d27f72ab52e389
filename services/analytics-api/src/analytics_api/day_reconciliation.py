"""What the live figures, the stream and the files say of one day's sales, and why they differ, in
words."""

from decimal import Decimal
from typing import Final

from warehouse.history.reconciled_row import Figura, Reconciled

_EQUAL: Final = "Os arquivos e o fluxo dizem o mesmo"
_PARTS: Final = (
    ("ausente_no_fluxo", "de vendas que só estão nos arquivos"),
    ("ausente_no_arquivo", "de vendas que só estão no fluxo"),
    ("outro_dia", "de vendas que o outro lado data em outro dia"),
    ("valor_diferente", "de vendas com outra quantidade ou outro preço"),
)
_TOO_LATE: Final = "que ele não leu em até uma hora"
_FEWER: Final = f"por vendas {_TOO_LATE}"
_MORE: Final = f"por devoluções {_TOO_LATE}, ou por eventos que só ele contou"


def explanation(figure: Reconciled) -> str:
    """Sentences for the shopkeeper: of the files, and of the live figures if there are any."""
    return " ".join(filter(None, [_of_files(figure), _of_live_figures(figure)]))


def _of_files(figure: Reconciled) -> str:
    """Made of the parts that are not zero."""
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


def _of_live_figures(figure: Reconciled) -> str:
    live, expected = figure.ao_vivo, figure.ao_vivo_esperado
    if live is None or expected is None:
        return ""
    shown = f"O painel ao vivo mostrou {_amount(figure.figura, live)}, já sem devoluções"
    if live == expected:
        told = f"{shown}, o mesmo que o fluxo nos mesmos minutos."
    else:
        side, why = ("a mais", _MORE) if live > expected else ("a menos", _FEWER)
        amount = _amount(figure.figura, abs(live - expected))
        told = f"{shown}, {amount} {side} que o fluxo nos mesmos minutos, {why}."
    return f"{told}{_share(figure.minutos, figure.minutos_do_dia)}"


def _share(minutes: int, of_day: int) -> str:
    if minutes == of_day:
        return ""
    return f" Minutos registrados: {_brazilian(f'{minutes:,} de {of_day:,}')}."


def _signed(figura: Figura, value: Decimal) -> str:
    return f"{'+' if value > 0 else '−'}{_amount(figura, abs(value))}"


def _amount(figura: Figura, value: Decimal) -> str:
    sign = "−" if value < 0 else ""
    if figura == "receita":
        return f"{sign}R$ {_brazilian(f'{abs(value):,.2f}')}"
    unit = figura.removesuffix("s") if abs(value) == 1 else figura
    return f"{sign}{_brazilian(f'{abs(value):,.0f}')} {unit}"


def _brazilian(number: str) -> str:
    return number.translate(str.maketrans(",.", ".,"))
