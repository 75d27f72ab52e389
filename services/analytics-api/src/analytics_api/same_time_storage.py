"""Reads the sales of yesterday and of a week ago by the minute."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from math import inf
from time import monotonic
from typing import Any, Final
from zoneinfo import ZoneInfo

from analytics_api.sales import Cell, Rows
from analytics_api.same_time import Curves, DayCurve, compared_days
from warehouse.history.day_spans import lines_within
from warehouse.literals import day_in, local_in
from warehouse.transaction import Transaction

CURVES_EVERY: Final = 60.0
"""Seconds after which the days are read again, if late lines were added to them."""
_BY_MINUTE: Final = """
WITH por_minuto AS (
    SELECT id_pedido, {day} AS dia, DATE_TRUNC('minute', {local}) AS minuto,
        SUM(quantidade) AS unidades, SUM(quantidade * preco) AS receita
    FROM vendas WHERE {within} AND {counted} GROUP BY 1, 2, 3
), somadas AS (
    SELECT dia, minuto, unidades, receita, SUM(unidades) OVER (
        PARTITION BY id_pedido, dia ORDER BY minuto ROWS UNBOUNDED PRECEDING
    ) AS depois
    FROM por_minuto
)
SELECT dia, minuto, SUM(unidades), SUM(receita),
    SUM(CASE WHEN depois > 0 THEN 1 ELSE 0 END
        - CASE WHEN depois - unidades > 0 THEN 1 ELSE 0 END)
FROM somadas GROUP BY dia, minuto
"""
"""An order begins to count, or ceases to, in the minute in which its net units of that day become
positive, or no longer are: so the sum over the minutes before a time is the count by the rule."""


class SameTimeSource:
    """Keeps two past days in step with the lines that are read. Not safe to share between
    threads."""

    def __init__(
        self,
        timezone: str,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`clock` counts seconds."""
        self._zone = ZoneInfo(timezone)
        self._now = now
        self._clock = clock
        self.curves: Curves = {}
        self._days: tuple[date, ...] = ()
        self._is_behind = False
        """Whether lines were added to these days since they were read."""
        self._read_at = -inf

    def noting(self, batches: Rows) -> Iterator[Sequence[Sequence[Any]]]:
        """The same rows of BY_ORDER; remembers whether one lies on these days."""
        for rows in batches:
            self._is_behind = self._is_behind or any(row[2] in self._days for row in rows)
            yield rows

    def forget(self) -> None:
        """Have the next call read the days, also if calls in between fail."""
        self._days = ()

    def read(self, transaction: Transaction, counted: str) -> None:
        """Read the days, if others are yesterday and a week ago by now, or if late lines were added
        to them (at most every CURVES_EVERY). `counted` is the condition on lines."""
        days = compared_days(self._now().astimezone(self._zone).date())
        is_due = self._is_behind and self._clock() - self._read_at >= CURVES_EVERY
        if not (is_due or days != self._days):
            return
        rows = transaction.rows(_statement(self._zone.key, days, counted))
        changes: dict[date, list[tuple[datetime, Cell]]] = {}
        for day, minute, units, revenue, orders in rows:
            cell = Cell(int(units), revenue, int(orders))
            changes.setdefault(day, []).append((minute, cell))
        self.curves = {day: DayCurve.of(found) for day, found in changes.items()}
        self._days, self._is_behind, self._read_at = days, False, self._clock()


def _statement(zone: str, days: Sequence[date], counted: str) -> str:
    day_of_line = day_in(zone)
    return _BY_MINUTE.format(
        local=local_in(zone),
        day=day_of_line,
        within=lines_within(day_of_line, [(day, day) for day in days]),
        counted=counted,
    )
