"""One pass over a table: a single SELECT with the figures of all its checks, for each day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import singledispatch
from typing import Any, Final

from warehouse.quality import figures
from warehouse.quality.checks import (
    Check,
    OfRows,
    Recente,
    Referencia,
    TableChecks,
    TaxaPorMotivo,
    Volume,
)
from warehouse.quality.days import DAY, Days, one_day
from warehouse.quality.declared import COLUMN_TYPES
from warehouse.quality.expressions import REASONS, aggregates, joins
from warehouse.quality.figures import Figure, Found
from warehouse.transaction import Row, Transaction

_NOTHING: Final[Sequence[Any]] = ()
Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Pass:
    """The rows of a table on some days, or all its rows if it has no `momento`."""

    declared: TableChecks
    days: Days
    now: datetime

    @property
    def checks(self) -> list[Check]:
        """The checks that the SELECT answers."""
        return [check for check in self.declared.verificacoes if self._parts(check)]

    def figures(self, transaction: Transaction) -> Iterator[Figure]:
        """Every figure of these checks, in the order of days."""
        rows = self._rows(transaction)
        earlier = self._earlier(transaction)
        for day in self.days.all if self.declared.momento else [None]:
            row = iter(rows.get(day, _NOTHING))
            for check in self.checks:
                values = [next(row, None) for _ in self._parts(check)]
                reading = _Reading(self, transaction, day, values, earlier)
                for name, (value, note) in found(check, reading):
                    yield Figure(self.declared.tabela, check, name, day, value, note)

    def ends_at(self, day: date | None) -> datetime:
        """The moment by which the newest row is judged."""
        return self.now if day is None else min(self.now, self.days.end_of(day))

    def _parts(self, check: Check) -> Sequence[str]:
        return aggregates(check, COLUMN_TYPES[self.declared.tabela])

    def _rows(self, transaction: Transaction) -> dict[date | None, Row]:
        parts = [part for check in self.checks for part in self._parts(check)]
        if not parts:
            return {}
        return self._select(transaction, parts, self.checks, [self.days])

    def _earlier(self, transaction: Transaction) -> dict[str, dict[date | None, int]]:
        """Check -> day -> rows on the same weekdays of the weeks before."""
        checks = [check for check in self.declared.verificacoes if isinstance(check, Volume)]
        if not checks:
            return {}
        weeks = max(check.semanas for check in checks)
        before = {day - 7 * DAY * week for day in self.days.all for week in range(1, weeks + 1)}
        spans = [one_day(day, self.days.zone) for day in sorted(before)]
        parts = [part for check in checks for part in self._parts(check)]
        rows = self._select(transaction, parts, [], spans)
        return {
            check.nome: {day: int(row[at]) for day, row in rows.items()}
            for at, check in enumerate(checks)
        }

    def _select(
        self,
        transaction: Transaction,
        parts: Sequence[str],
        checks: Iterable[Check],
        spans: Iterable[Days],
    ) -> dict[date | None, Row]:
        table, moment = self.declared.tabela, self.declared.momento
        joined = "".join(map(joins, checks)).format(table=table)
        listed = self.days.fill_in(", ".join(parts))
        if moment is None:
            return {None: transaction.row(f"SELECT {listed} FROM {table}{joined}")}
        column, is_date = f'{table}."{moment}"', COLUMN_TYPES[table][moment] == "DATE"
        where = " OR ".join(f"({span.within(column, is_date=is_date)})" for span in spans)
        day = self.days.day_of(column, is_date=is_date)
        rows = transaction.rows(
            f"SELECT {day} AS dia_da_loja, {listed} FROM {table}{joined} WHERE {where} GROUP BY 1"
        )
        return {found_day: values for found_day, *values in rows}


@dataclass(frozen=True, slots=True)
class _Reading:
    """The values of one check on one day, and what else its figure is made of."""

    of: Pass
    transaction: Transaction
    day: date | None
    values: Values
    earlier: dict[str, dict[date | None, int]]

    @property
    def counts(self) -> list[int]:
        """A day without a row has none of anything."""
        return [int(value or 0) for value in self.values]


@singledispatch
def found(check: Check, reading: _Reading) -> Iterable[tuple[str, Found]]:
    """Each name and figure of a check."""
    raise NotImplementedError(type(check))


@found.register
def _(check: OfRows, reading: _Reading) -> Iterable[tuple[str, Found]]:
    wrong, considered = reading.counts[:2]
    return [(check.nome, figures.share_or_count(check, wrong, considered))]


@found.register
def _(check: Referencia, reading: _Reading) -> Iterable[tuple[str, Found]]:
    wrong, considered, referred = reading.counts
    if check.vazia_permitida and not referred:
        return [(check.nome, (None, f"{check.tabela} está vazia"))]
    return [(check.nome, figures.share_or_count(check, wrong, considered))]


@found.register
def _(check: Recente, reading: _Reading) -> Iterable[tuple[str, Found]]:
    newest = reading.values[0]
    at = reading.of.ends_at(reading.day)
    return [(check.nome, figures.age(newest and newest.replace(tzinfo=UTC), at))]


@found.register
def _(check: Volume, reading: _Reading) -> Iterable[tuple[str, Found]]:
    assert reading.day is not None, "only tables with days have a volume"
    held = reading.earlier[check.nome]
    weeks = range(1, check.semanas + 1)
    before = [held.get(reading.day - 7 * DAY * week, 0) for week in weeks]
    return [(check.nome, figures.volume(check, reading.counts[0], before))]


@found.register
def _(check: TaxaPorMotivo, reading: _Reading) -> Iterable[tuple[str, Found]]:
    days = reading.of.days if reading.day is None else one_day(reading.day, reading.of.days.zone)
    refused = dict(zip(REASONS, reading.counts, strict=True))

    def total() -> int:
        return int(reading.transaction.row(days.fill_in(check.total))[0] or 0)

    return figures.rates(check, refused, total)
