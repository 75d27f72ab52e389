"""What a figure and its limits mean: the verdict, and the limits in words."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Veredito(StrEnum):
    """What became of a check. The value is what `resultados_qualidade.veredito` holds."""

    APROVADA = "aprovada"
    ALERTA = "alerta"
    REPROVADA = "reprovada"


@dataclass(frozen=True, slots=True)
class Range:
    """The figures from `lowest` to `highest`, both included; None is no bound."""

    lowest: Decimal | None = None
    highest: Decimal | None = None

    def __contains__(self, figure: Decimal) -> bool:
        above = self.lowest is None or figure >= self.lowest
        return above and (self.highest is None or figure <= self.highest)

    def __str__(self) -> str:
        """The limits in Portuguese."""
        if self.lowest is not None and self.highest is not None:
            return f"de {_number(self.lowest)} a {_number(self.highest)}"
        if self.lowest is not None:
            return f"no mínimo {_number(self.lowest)}"
        return "" if self.highest is None else f"no máximo {_number(self.highest)}"


@dataclass(frozen=True, slots=True)
class Limits:
    """A figure outside of `accepted` fails; one outside of `usual` alone is worth a look."""

    accepted: Range
    usual: Range = Range()


def judge(figure: Decimal | None, limits: Limits, *, without_data: Veredito) -> Veredito:
    """The verdict on a figure; `without_data` where there is none."""
    if figure is None:
        return without_data
    if figure not in limits.accepted:
        return Veredito.REPROVADA
    return Veredito.APROVADA if figure in limits.usual else Veredito.ALERTA


def _number(figure: Decimal) -> str:
    """The number without trailing zeros, with a decimal comma."""
    return f"{figure.normalize():f}".replace(".", ",")
