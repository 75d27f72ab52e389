"""A day's sales as the stream and the files have them. No I/O."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

Figura = Literal["receita", "unidades", "pedidos"]
FIGURES: Final[tuple[Figura, ...]] = ("receita", "unidades", "pedidos")
"""In the order in which the API gives them."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A row of `conciliacao_diaria`, in the order of its columns. `diferenca` is what the files say
    less what the stream says, and the sum of the four parts after it; each is written as
    `warehouse.money` bounds it, so beyond its limit they may add up to something else.

    `ao_vivo` is what the live figures said of the closed `minutos`, less what was taken back in
    each, and `ao_vivo_esperado` the same of the stream's lines. Both are None where no minute of
    the day is closed.
    """

    dia: date
    figura: Figura
    fluxo: Decimal
    arquivo: Decimal
    diferenca: Decimal
    ausente_no_fluxo: Decimal
    ausente_no_arquivo: Decimal
    outro_dia: Decimal
    valor_diferente: Decimal
    calculada_em: datetime
    ao_vivo: Decimal | None = None
    ao_vivo_esperado: Decimal | None = None
    minutos: int = 0
    minutos_do_dia: int = 0
