"""Reads from the warehouse how a product was asked for while it was in stock and while not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from analytics_api.lost_sales import LOOK_BACK, Demand, LostSales, lost_sales
from event_contracts.evento import TipoEvento
from warehouse.connection import Warehouse
from warehouse.literals import literal
from warehouse.transaction import Transaction

LEVELS_BACK: Final = timedelta(days=30)
"""Levels that did not change for longer than this are taken from `estoque`."""
_ASKED: Final = "produto_perguntado"
_OF_IT: Final = f"id_produto IN (SELECT id_produto FROM {_ASKED})"
_CREATE: Final = f"CREATE TEMP TABLE {_ASKED} (id_produto VARCHAR(128))"
_INSERT: Final = f"INSERT INTO {_ASKED} (id_produto) VALUES (%s)"
_DROP: Final = f"DROP TABLE {_ASKED}"
_LEVEL: Final = "id_armazem, nivel_estoque, ultima_atualizacao, kafka_offset, kafka_partition"
_DEMAND: Final = f"""
WITH niveis AS (
    SELECT {_LEVEL} FROM atualizacoes_estoque
    WHERE {_OF_IT} AND ultima_atualizacao >= {{levels_since}} AND ultima_atualizacao < {{until}}
    UNION ALL
    SELECT {_LEVEL} FROM estoque WHERE {_OF_IT} AND ultima_atualizacao < {{levels_since}}
), passos AS (
    SELECT GREATEST(ultima_atualizacao, {{since}}) AS momento,
        nivel_estoque - COALESCE(LAG(nivel_estoque) OVER (
            PARTITION BY id_armazem ORDER BY ultima_atualizacao, kafka_offset, kafka_partition
        ), 0) AS passo
    FROM niveis
), ocorridos AS (
    SELECT momento, 0 AS ordem, passo, 0 AS clique, 0 AS carrinho, 0 AS unidades,
        CAST(0 AS DECIMAL(38, 2)) AS receita
    FROM passos
    UNION ALL
    SELECT "timestamp", 1, CAST(NULL AS INTEGER),
        CASE WHEN tipo_evento = '{TipoEvento.CLIQUE}' THEN 1 ELSE 0 END,
        CASE WHEN tipo_evento = '{TipoEvento.ADICAO_CARRINHO}' THEN 1 ELSE 0 END,
        0, CAST(0 AS DECIMAL(38, 2))
    FROM eventos_clientes
    WHERE {_OF_IT} AND "timestamp" >= {{since}} AND "timestamp" < {{until}}
    UNION ALL
    SELECT data, 1, CAST(NULL AS INTEGER), 0, 0, quantidade,
        CAST(quantidade * preco AS DECIMAL(38, 2))
    FROM vendas WHERE {_OF_IT} AND data >= {{since}} AND data < {{until}}
), em_ordem AS (
    SELECT momento, clique, carrinho, unidades, receita,
        SUM(passo) OVER (ORDER BY momento, ordem ROWS UNBOUNDED PRECEDING) AS nivel,
        LEAD(momento) OVER (ORDER BY momento, ordem) AS seguinte
    FROM ocorridos
)
SELECT CASE WHEN nivel > 0 THEN 0 ELSE 1 END,
    SUM(DATEDIFF(second, momento, COALESCE(seguinte, {{until}}))),
    SUM(clique), SUM(carrinho), SUM(unidades), SUM(receita)
FROM em_ordem WHERE nivel IS NOT NULL GROUP BY 1
"""
"""Changes of the level, events and sales in one line of time, so that the sum of the changes so far
is the level at each of them, without a join. A moment before the first known level counts nowhere;
of equal moments the change comes first."""


class LostSalesSource:
    """Estimates one product at a time. Not safe to share between threads."""

    def __init__(self, warehouse: Warehouse, *, clock: Callable[[], datetime]) -> None:
        self._warehouse = warehouse
        self._clock = clock

    def read(self, id_produto: str) -> LostSales:
        """The estimate for LOOK_BACK until now."""
        until = self._clock()
        with self._warehouse.transaction() as transaction:
            in_stock, sold_out = demand(transaction, id_produto, until=until)
        units, revenue = lost_sales(in_stock, sold_out) or (None, None)
        return LostSales(until - LOOK_BACK, until, sold_out, units, revenue)


def demand(transaction: Transaction, id_produto: str, *, until: datetime) -> tuple[Demand, Demand]:
    """While the product was in stock, and while it was sold out. Redshift takes no parameters in
    sub-queries, so the id, which anybody may have sent, goes by a table."""
    transaction.execute(_CREATE)
    transaction.execute(_INSERT, (id_produto,))
    since = until - LOOK_BACK
    statement = _DEMAND.format(
        since=literal(since), until=literal(until), levels_since=literal(until - LEVELS_BACK)
    )
    rows = transaction.rows(statement)
    transaction.execute(_DROP)
    found = {
        bool(is_sold_out): Demand(int(seconds), int(views), int(carts), int(units), revenue)
        for is_sold_out, seconds, views, carts, units, revenue in rows
    }
    return found.get(False, Demand()), found.get(True, Demand())
