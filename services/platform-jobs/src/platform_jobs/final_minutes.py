"""Which minutes of the live figures can change no more, and what they then say. No I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from event_contracts.live_figures import KEPT, MINUTE, WINDOW

SLACK: Final = 5 * MINUTE
"""How far the moments of the stream, of MongoDB and of this job may differ."""
FINAL_AFTER: Final = WINDOW + MINUTE + SLACK
"""An event corrects its minute for as long as that minute is in the window when it is read."""


@dataclass(frozen=True, slots=True)
class MinuteTotals:
    """A row of `metricas_minuto` without its moment of closing, in the order of its columns."""

    minuto: datetime
    pedidos: int = 0
    unidades: int = 0
    receita: Decimal = Decimal("0.00")
    visualizacoes: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the figures query is, by its own clock, and since when it read every minute
    completely; None where it never said so."""

    advanced_to: datetime | None = None
    covered_since: datetime | None = None


def totals_of(document: Mapping[str, Any]) -> MinuteTotals:
    """What a minute's document says; its clicks are those of the products that it names."""
    return MinuteTotals(
        minuto=document["minuto"],
        pedidos=document["pedidos"],
        unidades=document["unidades"],
        receita=Decimal(document["receita"]),
        visualizacoes=sum(view["n"] for view in document["visualizacoes"]),
    )


def final_minutes(
    known: Mapping[datetime, MinuteTotals], progress: Progress, *, now: datetime
) -> Iterator[MinuteTotals]:
    """The minutes that no event corrects any more, oldest first.

    One without a document had no events if it was read completely, and is left out if it was
    not. The query's own progress decides, so that nothing is final of what a query that is behind
    may still count. Minutes whose documents may have been removed already are left out.
    """
    minuto = first_kept(now)
    while progress.advanced_to is not None and minuto + FINAL_AFTER <= progress.advanced_to:
        if minuto in known:
            yield known[minuto]
        elif progress.covered_since is not None and progress.covered_since <= minuto:
            yield MinuteTotals(minuto)
        minuto += MINUTE


def first_kept(now: datetime) -> datetime:
    """The oldest minute whose document was certainly not removed for its age."""
    return _floor(now - KEPT + SLACK) + MINUTE


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.second, microseconds=moment.microsecond)
