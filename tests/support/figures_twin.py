"""The figures of sales in plain Python, beside the SQL that they check."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from warehouse.arrow_schema import arrow_schema
from warehouse.history.staged import OF_EVERY_SALE
from warehouse.tables import VENDAS

UNKNOWN = "desconhecido"
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Sale:
    """A staged row, less its place in a file; `data` is UTC without a zone."""

    id_pedido: str
    id_produto: str
    quantidade: int
    preco: Decimal
    data: datetime
    id_usuario: str | None
    regiao: str | None


def staged_rows(sales: Iterable[Sale], id_carga: int = 1) -> pa.Table:
    """As the files of a run are staged."""
    rows = [
        {**OF_EVERY_SALE, **vars(sale), "id_carga": id_carga, "linha": at}
        for at, sale in enumerate(sales, start=1)
    ]
    return pa.Table.from_pylist(rows, arrow_schema(VENDAS))


def categories_of(categories: Mapping[str, str | None]) -> pa.Table:
    """The products of a shop."""
    columns = {"id_produto": list(categories), "categoria": list(categories.values())}
    return pa.table(columns, pa.schema([("id_produto", pa.string()), ("categoria", pa.string())]))


def local_day(data: datetime, timezone: str) -> date:
    return data.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def figures_of(
    sales: Iterable[Sale], categories: Mapping[str, str | None], timezone: str
) -> dict[str, set[Row]]:
    """The rows of each table, whatever the months of the sales."""
    dated = [(local_day(sale.data, timezone), sale) for sale in sales]

    def cell(day: date, sale: Sale) -> Row:
        return day, sale.regiao or UNKNOWN, categories.get(sale.id_produto) or UNKNOWN

    keys: dict[str, Callable[[date, Sale], Row]] = {
        "vendas_diarias": cell,
        "produtos_diarios": lambda day, sale: (day, sale.id_produto),
        "receita_diaria": lambda day, _sale: (day,),
        "receita_mensal": lambda day, _sale: (day.replace(day=1),),
    }
    found = {}
    for table, key in keys.items():
        groups: dict[Row, list[Sale]] = defaultdict(list)
        for day, sale in dated:
            groups[key(day, sale)].append(sale)
        found[table] = {(*key, *_sums(own)) for key, own in groups.items()}
    found["produtos_diarios"] = {row[:-1] for row in found["produtos_diarios"]}
    return found


def _sums(sales: list[Sale]) -> Row:
    """Orders, units, revenue and customers."""
    orders: dict[str, list[Sale]] = defaultdict(list)
    for sale in sales:
        orders[sale.id_pedido].append(sale)
    customers = {
        max((sale.id_usuario for sale in own if sale.id_usuario is not None), default=None)
        for own in orders.values()
    }
    return (
        len(orders),
        sum(sale.quantidade for sale in sales),
        sum((sale.quantidade * sale.preco for sale in sales), Decimal(0)),
        len(customers - {None}),
    )
