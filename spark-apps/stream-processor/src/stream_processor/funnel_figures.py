"""From click to purchase, and carts that were left: exact over the last 60 minutes.

See docs/metrics.md for the rules.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import duckdb

from event_contracts.evento import TipoEvento
from event_contracts.live_figures import MINUTE, WINDOW

ABANDONED_AFTER: Final = timedelta(minutes=15)
"""A cart is abandoned once its last addition is this old."""

# Customers and products are told apart by 128 bits of them, so that each takes 16 bytes. Clicks
# need only the first second of each minute, since the window begins with a minute.
_TABLES: Final = """
    CREATE TABLE funil_cliques (cliente UHUGEINT, minuto BIGINT, primeiro BIGINT);
    CREATE TABLE funil_adicoes (
        cliente UHUGEINT, produto UHUGEINT, segundo BIGINT, unidades HUGEINT,
        valor DECIMAL(38, 2)
    );
    CREATE TABLE funil_compras
        (cliente UHUGEINT, produto UHUGEINT, segundo BIGINT, preco DECIMAL(18, 2));
"""
_COUNT: Final = f"""
    INSERT INTO funil_cliques
    SELECT md5_number(id_usuario), atividade // 60 * 60 AS m, min(atividade)
    FROM a_contar WHERE tipo = '{TipoEvento.CLIQUE}' GROUP BY id_usuario, m;
    INSERT INTO funil_adicoes
    SELECT md5_number(id_usuario), md5_number(id_produto), atividade, unidades, receita
    FROM a_contar WHERE tipo = '{TipoEvento.ADICAO_CARRINHO}';
    INSERT INTO funil_compras
    SELECT md5_number(id_usuario), md5_number(id_produto), atividade, receita / unidades
    FROM a_contar WHERE tipo = '{TipoEvento.COMPRA}';
"""
_STEPS: Final = """
    WITH clicaram AS (
        SELECT cliente, min(primeiro) AS clique FROM funil_cliques
        WHERE minuto >= $first GROUP BY cliente
    ), adicionaram AS (
        SELECT cliente, min(segundo) AS adicao FROM funil_adicoes JOIN clicaram USING (cliente)
        WHERE segundo >= clique GROUP BY cliente
    ), compraram AS (
        SELECT DISTINCT cliente FROM funil_compras JOIN adicionaram USING (cliente)
        WHERE segundo >= adicao
    )
    SELECT (SELECT count(*) FROM clicaram), (SELECT count(*) FROM adicionaram),
        (SELECT count(*) FROM compraram)
"""
_LAST_PURCHASES: Final = """
    SELECT cliente, produto, max(segundo) AS segundo, arg_max(preco, (segundo, preco)) AS preco
    FROM funil_compras WHERE segundo >= $first GROUP BY cliente, produto
"""
_ABANDONED: Final = f"""
    WITH ultimas AS (
        SELECT cliente, produto, max(segundo) AS segundo FROM funil_adicoes
        WHERE segundo >= $first GROUP BY cliente, produto HAVING max(segundo) <= $old
    ), compradas AS ({_LAST_PURCHASES}
    ), precos AS (
        SELECT produto, arg_max(preco, (segundo, preco)) AS preco FROM compradas GROUP BY produto
    ), abandonadas AS (
        SELECT ultimas.* FROM ultimas
        LEFT JOIN compradas USING (cliente, produto)
        WHERE compradas.segundo IS NULL OR compradas.segundo < ultimas.segundo
    ), avaliadas AS (
        SELECT cliente, produto,
            sum(CASE WHEN valor > 0 THEN valor ELSE unidades * preco END)::DECIMAL(38, 2) AS valor
        FROM abandonadas JOIN funil_adicoes USING (cliente, produto, segundo)
        LEFT JOIN precos USING (produto)
        GROUP BY cliente, produto
    )
    SELECT count(*), count(DISTINCT cliente), count(valor), coalesce(sum(valor), 0.00)
    FROM avaliadas
"""
_TIDY: Final = (
    """CREATE OR REPLACE TABLE funil_cliques AS
    SELECT cliente, minuto, min(primeiro) AS primeiro
    FROM funil_cliques WHERE minuto >= $first GROUP BY cliente, minuto""",
    """CREATE OR REPLACE TABLE funil_adicoes AS
    SELECT * FROM funil_adicoes WHERE segundo >= $first""",
    f"CREATE OR REPLACE TABLE funil_compras AS {_LAST_PURCHASES}",
)


@dataclass(frozen=True, slots=True)
class Funnel:
    """Distinct customers of each step, and what was left in carts.

    A cart is a pair of customer and product; `com_preco` are those whose value is in `valor`.
    """

    clicaram: int
    adicionaram: int
    compraram: int
    carrinhos: int
    clientes: int
    com_preco: int
    valor: Decimal


class FunnelFigures:
    """Tables in the connection of the live figures, whose queue `a_contar` it counts."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self._db.execute(_TABLES)

    def count(self) -> None:
        """Count queued events."""
        self._db.execute(_COUNT)

    def funnel(self, now: datetime) -> Funnel:
        """The funnel of the window that ends with the minute of `now`."""
        first = first_second(now)
        steps = self._one(_STEPS, {"first": first})
        old = int((now - ABANDONED_AFTER).timestamp())
        return Funnel(*steps, *self._one(_ABANDONED, {"first": first, "old": old}))

    def tidy(self, first: int) -> None:
        """Forget what happened before this second."""
        for statement in _TIDY:
            self._db.execute(statement, {"first": first})

    def _one(self, query: str, bounds: dict[str, int]) -> tuple[Any, ...]:
        (row,) = self._db.execute(query, bounds).fetchall()
        return tuple(row)


def first_second(now: datetime) -> int:
    """Unix seconds at which the window of WINDOW begins: this UTC minute is its last one."""
    first = now.replace(second=0, microsecond=0) - WINDOW + MINUTE
    return int(first.timestamp())
