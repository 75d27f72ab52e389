"""Reports of reconciled days: one, a page of them, and the lines of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from analytics_api.cursor import encode_cursor
from analytics_api.day_reconciliation import explanation
from analytics_api.history_models import (
    ConciliacaoDoDia,
    ContagemConciliada,
    ContagemDoDia,
    DiaConciliado,
    DiasConciliados,
    ReceitaConciliada,
    ReceitaDoDia,
)
from analytics_api.history_report import HistoryAsOf
from analytics_api.models import Degradado
from analytics_api.periods import Period
from warehouse.history.reconciled_row import Reconciled

COLUMNS: Final = ("dia", *ReceitaConciliada.model_fields)
"""The columns of `lines`."""
Figures = Sequence[Reconciled]


def reconciled_day(dia: date, figures: Figures, degraded: list[Degradado]) -> ConciliacaoDoDia:
    """What is known of a day; `figures` must not be empty."""
    return ConciliacaoDoDia(**dict(_day(dia, figures)), degradado=degraded)


def lines(days: Iterable[DiaConciliado]) -> list[ReceitaDoDia | ContagemDoDia]:
    """A line for each figure of each of the days."""
    return [
        ReceitaDoDia(dia=day.dia, **dict(figure))
        if isinstance(figure, ReceitaConciliada)
        else ContagemDoDia(dia=day.dia, **dict(figure))
        for day in days
        for figure in day.figuras
    ]


@dataclass(frozen=True, slots=True)
class ReconciledPage:
    """At most `limite` days of the period, the newest first, before the day `before`."""

    days: Mapping[date, Figures]
    period: Period
    before: date
    limite: int

    def answer(self, as_of: HistoryAsOf) -> DiasConciliados:
        """The page."""
        first, last = self.period.first, self.period.last
        found = (day for day in self.days if first <= day <= last and day < self.before)
        newest = sorted(found, reverse=True)
        shown = newest[: self.limite]
        more = len(newest) > self.limite
        return DiasConciliados(
            itens=[_day(day, self.days[day]) for day in shown],
            proximo_cursor=encode_cursor(f"{shown[-1]}") if more else None,
            **asdict(as_of),
        )


def _day(dia: date, figures: Figures) -> DiaConciliado:
    return DiaConciliado(
        dia=dia,
        figuras=[
            ReceitaConciliada(**_fields(figure))
            if figure.figura == "receita"
            else ContagemConciliada(**_fields(figure))
            for figure in figures
        ],
        calculada_em=max(figure.calculada_em for figure in figures),
    )


def _fields(figure: Reconciled) -> dict[str, Any]:
    fields: dict[str, Any] = asdict(figure) | {"explicacao": explanation(figure)}
    del fields["dia"], fields["calculada_em"]
    return fields
