"""Reads what batch-etl writes: products, the aggregates of days and months, reconciled days.

All of it is read again when its tables look different: when a file was loaded, when the sums of the
days have changed, or when a day was reconciled.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from analytics_api.catalogue import LONGEST_NAME, Catalogue, Product
from analytics_api.history import History
from analytics_api.history_sql import BY_CATEGORY, BY_REGION, CATALOGUE, DAILY, MONTHLY
from analytics_api.history_tables import HistoryTables
from analytics_api.ledger_storage import loads, utc
from analytics_api.sales import Rows
from warehouse.connection import Warehouse
from warehouse.history.reconciled_row import FIGURES, Reconciled
from warehouse.literals import text_list
from warehouse.tables import CONCILIACAO
from warehouse.transaction import Transaction

MOST_PRODUCTS: Final = 200_000
"""Of more products, those that the files named last have names."""
MOST_CELLS: Final = 500_000
"""How many cells of a day and a region, and of a day and a category, are kept: the newest."""
_MOST_DAYS: Final = 20_000
_BATCH_ROWS: Final = 50_000
_SUMS: Final = "SELECT COUNT(*), SUM(pedidos), SUM(unidades), SUM(receita) FROM receita_diaria"
_RECONCILED: Final = "SELECT COUNT(*), MAX(calculada_em) FROM conciliacao_diaria"
_PRODUCTS: Final = (
    "SELECT id_produto, nome, categoria, preco_lista FROM produtos "
    f"ORDER BY atualizado_em DESC, id_produto LIMIT {MOST_PRODUCTS}"
)
_DAILY: Final = (
    "SELECT dia, pedidos, unidades, receita, clientes FROM receita_diaria "
    f"ORDER BY dia DESC LIMIT {_MOST_DAYS}"
)
_MONTHLY: Final = (
    "SELECT mes, pedidos, unidades, receita, clientes FROM receita_mensal "
    f"ORDER BY mes DESC LIMIT {_MOST_DAYS}"
)
_CELLS: Final = (
    "SELECT dia, {0}, SUM(unidades), SUM(receita) FROM vendas_diarias "
    f"GROUP BY dia, {{0}} ORDER BY dia DESC LIMIT {MOST_CELLS + 1}"
)
_DAYS: Final = (
    f"SELECT {CONCILIACAO.column_list} FROM conciliacao_diaria "
    f"WHERE figura IN {text_list(FIGURES)} ORDER BY dia DESC LIMIT {len(FIGURES) * _MOST_DAYS}"
)


class HistorySource:
    """Reads history into the tables. Not safe to share between threads."""

    def __init__(self, warehouse: Warehouse, tables: HistoryTables) -> None:
        self._warehouse = warehouse
        self._tables = tables
        self._seen: Hashable = None
        self._history = History()

    def read(self) -> History:
        """All of it, if something is new since the last call; else what was read then."""
        with self._warehouse.transaction() as transaction:
            loaded = loads(transaction)
            others = (transaction.row(_SUMS), transaction.row(_RECONCILED))
            seen = (loaded, *map(tuple, others))
            if seen != self._seen:
                read = self._read(transaction)
                loaded_at = None if loaded[1] is None else utc(loaded[1])
                version = self._history.version + 1
                self._history = replace(read, loaded_at=loaded_at, version=version)
                self._seen = seen
        return self._history

    def _read(self, transaction: Transaction) -> History:
        products: dict[str, Product] = {}
        self._tables.replace(
            {
                CATALOGUE: _keeping(products, transaction.batches(_PRODUCTS, _BATCH_ROWS)),
                DAILY: transaction.batches(_DAILY, _BATCH_ROWS),
                MONTHLY: transaction.batches(_MONTHLY, _BATCH_ROWS),
                BY_REGION: _whole_days(transaction, "regiao"),
                BY_CATEGORY: _whole_days(transaction, "categoria"),
            }
        )
        return History(Catalogue(products), _reconciled(transaction))


def _keeping(products: dict[str, Product], batches: Rows) -> Rows:
    """The rows of the catalogue's table, with each product put into `products` too."""
    categories: dict[str, str] = {}
    for rows in batches:
        named = []
        for id_produto, name, category, price in rows:
            cut = None if category is None else category[:LONGEST_NAME]
            one_text = None if cut is None else categories.setdefault(cut, cut)
            product = Product(name[:LONGEST_NAME], one_text, price)
            products[id_produto] = product
            named.append((id_produto, product.nome, product.categoria))
        yield named


def _whole_days(transaction: Transaction, column: str) -> Rows:
    """The newest cells; a day whose cells are not all among them is left out."""
    count, last = 0, list[Sequence[Any]]()
    for rows in transaction.batches(_CELLS.format(column), _BATCH_ROWS):
        count += len(rows)
        found = [*last, *rows]
        day = found[-1][0]
        yield [row for row in found if row[0] != day]
        last = [row for row in found if row[0] == day]
    if count <= MOST_CELLS:
        yield last


def _reconciled(transaction: Transaction) -> dict[date, list[Reconciled]]:
    days: dict[date, list[Reconciled]] = {}
    for row in transaction.rows(_DAYS):
        found = Reconciled(*row)
        found = replace(found, calculada_em=utc(found.calculada_em))
        days.setdefault(found.dia, []).append(found)
    for figures in days.values():
        figures.sort(key=lambda figure: FIGURES.index(figure.figura))
    return days
