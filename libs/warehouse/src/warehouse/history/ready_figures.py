"""Figures of a month that were computed from staged sales, in place of a sum over `vendas`.

They are used only where `vendas` has exactly the lines that they are of, which is decided while the
lock is held.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from warehouse.copy_statement import copy_parquet
from warehouse.history.day_spans import (
    Span,
    begin_of,
    days_to_the_next,
    lines_within,
    within,
)
from warehouse.history.versions import Tipo
from warehouse.literals import day_in, day_literal, number_list
from warehouse.tables import DAILY_FIGURES, RECEITA_MENSAL, Table
from warehouse.transaction import Transaction

_OTHER_LINES: Final = """
SELECT id_pedido FROM vendas WHERE {within} AND COALESCE(id_carga, 0) NOT IN {loads} LIMIT 1
"""
_DAYS_APART: Final = """
SELECT COUNT(*) FROM ({begins}) AS comecos WHERE {day} <> dia OR {day_before} >= dia
"""
_LINES: Final = "SELECT id_carga, COUNT(*) FROM vendas WHERE {within} GROUP BY id_carga"

Catalogue = frozenset[tuple[object, ...]]
"""Tells whether products were loaded in between."""


@dataclass(frozen=True, slots=True)
class ReadyFigures:
    """The figures of a month, staged as the four tables have them."""

    lines: Mapping[int, int]
    """How many lines they are of, by their `id_carga`."""
    manifests: Mapping[str, str]
    """What COPY brings into each table, by its name."""
    catalogue: Catalogue
    """As it was when the categories of products were read."""
    iam_role: str

    def hold(self, transaction: Transaction, month: Span, *, timezone: str) -> bool:
        """Whether `vendas` has these lines of the month and no others, products are the same, and
        the warehouse has each day begin when it began where the figures were computed.

        Lines of a load are at most those that were staged for it, so as many of them are the same.
        """
        same_days = _days_begin_alike(transaction, month, timezone)
        if not same_days or catalogue(transaction) != self.catalogue:
            return False
        statement = _LINES.format(within=lines_within(day_in(timezone), [month]))
        return dict(map(tuple, transaction.rows(statement))) == self.lines

    def put(self, transaction: Transaction, month: Span) -> None:
        """Write them in place of what the tables have of the month."""
        for table in DAILY_FIGURES:
            self._replace(transaction, table, within("dia", [month]))
        self._replace(transaction, RECEITA_MENSAL, f"mes = {day_literal(month[0])}")

    def _replace(self, transaction: Transaction, table: Table, gone: str) -> None:
        transaction.execute(f"DELETE FROM {table.name} WHERE {gone}")
        if table.name in self.manifests:
            manifest = self.manifests[table.name]
            copy_parquet(transaction, table.name, manifest, iam_role=self.iam_role)


def _days_begin_alike(transaction: Transaction, month: Span, timezone: str) -> bool:
    """The warehouse has its own list of time zones."""
    begins = " UNION ALL ".join(
        f"SELECT TIMESTAMP '{begin_of(day, timezone)}' AS data, {day_literal(day)} AS dia"
        for day in days_to_the_next(month)
    )
    before = day_in(timezone, "(data - INTERVAL '1 second')")
    statement = _DAYS_APART.format(begins=begins, day=day_in(timezone), day_before=before)
    return not transaction.row(statement)[0]


def catalogue(transaction: Transaction) -> Catalogue:
    """Differs after every load of products."""
    rows = transaction.rows(
        "SELECT id_carga, carregada_em FROM cargas WHERE tipo = %s", (Tipo.PRODUTOS.value,)
    )
    return frozenset(tuple(row) for row in rows)


def has_other_lines(
    transaction: Transaction, month: Span, loads: Collection[int], *, timezone: str
) -> bool:
    """Whether `vendas` has lines of the month that none of the loads brought."""
    in_month = lines_within(day_in(timezone), [month])
    statement = _OTHER_LINES.format(within=in_month, loads=number_list(loads))
    return bool(transaction.rows(statement))
