"""Figures that DuckDB computes from the records of the topics, by the rules of docs/metrics.md and
docs/stock.md alone: nothing of the stream or the API is used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from confluent_kafka import Message

_RECORDS = pa.schema(
    {
        "chave": pa.binary(),
        "valor": pa.binary(),
        "chegada": pa.timestamp("ms"),
        "particao": pa.int32(),
        "posicao": pa.int64(),
    }
)
_EVENTS = """
CREATE TABLE eventos AS
WITH bons AS (
    SELECT decode(valor) AS texto, chegada, particao, posicao FROM registros
    WHERE decode(chave) NOT IN (
        SELECT chave FROM read_json($record, format = 'newline_delimited',
            columns = {kind: 'VARCHAR', chave: 'VARCHAR'})
        WHERE kind = 'broken_kafka'
    )
), lidos AS (
    SELECT COALESCE(texto ->> 'id_evento', particao || '-' || posicao) AS id,
        texto ->> 'id_usuario' AS cliente, texto ->> 'tipo_evento' AS tipo,
        texto ->> 'id_produto' AS produto, texto ->> 'id_pedido' AS pedido,
        CAST(CAST(texto ->> 'timestamp' AS TIMESTAMPTZ) AS TIMESTAMP) AS momento,
        CASE tipo WHEN 'compra' THEN 1 WHEN 'devolucao' THEN -1 WHEN 'cancelamento' THEN -1 ELSE 0
            END * COALESCE(CAST(texto ->> 'quantidade' AS INTEGER), 0) AS unidades,
        unidades * COALESCE(CAST(texto ->> 'preco' AS DECIMAL(10, 2)), 0) AS receita,
        chegada, particao, posicao
    FROM bons
)
SELECT * FROM lidos QUALIFY ROW_NUMBER() OVER (
    PARTITION BY id ORDER BY chegada, particao, posicao
) = 1
"""
_LEVELS = """
CREATE TABLE niveis AS
SELECT texto ->> 'id_produto' AS produto, texto ->> 'id_armazem' AS armazem,
    CAST(texto ->> 'nivel_estoque' AS INTEGER) AS nivel,
    CAST(CAST(texto ->> 'ultima_atualizacao' AS TIMESTAMPTZ) AS TIMESTAMP) AS momento
FROM (SELECT decode(valor) AS texto, particao, posicao FROM registros)
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY produto, armazem, momento ORDER BY particao DESC, posicao DESC
) = 1
"""
_FUNNEL = """
WITH atos AS (
    SELECT cliente, tipo, DATE_TRUNC('second', LEAST(momento, chegada)) AS quando
    FROM eventos WHERE quando >= $since
), clicou AS (
    SELECT cliente, MIN(quando) AS desde FROM atos WHERE tipo = 'clique' GROUP BY cliente
), adicionou AS (
    SELECT cliente, MIN(quando) AS desde FROM atos JOIN clicou USING (cliente)
    WHERE tipo = 'adicao_carrinho' AND quando >= clicou.desde GROUP BY cliente
), comprou AS (
    SELECT DISTINCT cliente FROM atos JOIN adicionou USING (cliente)
    WHERE tipo = 'compra' AND quando >= adicionou.desde
)
SELECT (SELECT COUNT(*) FROM clicou), (SELECT COUNT(*) FROM adicionou),
    (SELECT COUNT(*) FROM comprou)
"""
_SUMS = """
WITH atos AS (
    SELECT {key} AS nome, DATE_TRUNC('minute', momento) AS minuto, pedido, unidades, receita, tipo
    FROM eventos LEFT JOIN perfis USING (cliente) WHERE minuto BETWEEN $first AND $last
), pedidos AS (
    SELECT nome, minuto, pedido FROM atos WHERE pedido IS NOT NULL
    GROUP BY ALL HAVING SUM(unidades) > 0
)
SELECT nome, (SELECT COUNT(*) FROM pedidos WHERE pedidos.nome = atos.nome),
    SUM(unidades), SUM(receita), COUNT(*) FILTER (tipo = 'clique')
FROM atos GROUP BY nome
"""
_TOTALS = """
CREATE OR REPLACE TEMP TABLE totais AS
WITH marcos AS (SELECT DISTINCT produto, momento FROM niveis WHERE momento < $until),
pares AS (
    SELECT * FROM marcos JOIN (SELECT DISTINCT produto, armazem FROM niveis) USING (produto)
)
SELECT produto, momento, SUM(nivel) <= 0 AS esgotado,
    LEAD(momento, 1, $until) OVER (PARTITION BY produto ORDER BY momento) AS ate
FROM pares ASOF LEFT JOIN niveis USING (produto, armazem, momento)
GROUP BY produto, momento
"""
_SOLD_OUT = """
SELECT produto FROM eventos ASOF JOIN totais USING (produto, momento)
GROUP BY produto HAVING COUNT(DISTINCT esgotado) = 2
"""
_LOST = """
WITH atos AS (
    SELECT esgotado, COUNT(*) FILTER (tipo = 'clique') AS v,
        COUNT(*) FILTER (tipo = 'adicao_carrinho') AS c, SUM(unidades) AS u, SUM(receita) AS r
    FROM (SELECT * FROM eventos WHERE momento >= $since AND momento < $until) AS e
    ASOF JOIN totais USING (produto, momento)
    WHERE produto = $product GROUP BY esgotado
), fora AS (SELECT * FROM atos WHERE esgotado), dentro AS (SELECT * FROM atos WHERE NOT esgotado),
juntos AS (
    SELECT fora.v, fora.c, fora.u, GREATEST(dentro.u, 0) AS vendidas, dentro.r,
        CASE WHEN dentro.v > 0 THEN fora.v * vendidas / dentro.v END AS por_cliques,
        CASE WHEN dentro.c > 0 THEN fora.c * vendidas / dentro.c END AS por_carrinhos
    FROM fora, dentro
)
SELECT (SELECT SUM(DATE_DIFF('second', momento, ate)) FROM totais
        WHERE esgotado AND produto = $product),
    v, c, GREATEST(0, GREATEST(por_cliques, por_carrinhos) - GREATEST(0, u)) AS perdidas,
    perdidas * r / vendidas
FROM juntos
"""


@dataclass(frozen=True, slots=True)
class Lost:
    """What `vendas_perdidas` of a product should say."""

    segundos_esgotado: int
    cliques: int
    carrinhos: int
    unidades: float
    receita: float


class TopicTables:
    """Tables `eventos`, `niveis` and `perfis`."""

    def __init__(
        self,
        *,
        events: Iterable[Message],
        updates: Iterable[Message],
        profiles: Iterable[Mapping[str, Any]],
        record: Path,
    ) -> None:
        """`record` is the simulator's, and says what became a dead letter."""
        self._db = duckdb.connect()
        self._db.execute("SET TimeZone = 'UTC'")
        self._create(_EVENTS, events, record=str(record))
        self._create(_LEVELS, updates)
        known = [(p["_id"], p["estado"], p["regiao"], p["segmento"]) for p in profiles]
        self._db.execute(
            "CREATE TABLE perfis (cliente TEXT, estado TEXT, regiao TEXT, segmento TEXT)"
        )
        self._db.executemany("INSERT INTO perfis VALUES (?, ?, ?, ?)", known)

    def funnel(self, since: datetime) -> tuple[int, int, int]:
        """Customers who clicked, then added, then bought, from `since` on."""
        ((clicked, added, bought),) = self._rows(_FUNNEL, since=since)
        return clicked, added, bought

    def sums(
        self, names: Iterable[str], first: datetime, last: datetime
    ) -> dict[tuple[str, ...], tuple[int, int, Decimal, int]]:
        """Orders, units, revenue and views of these minutes, where there are any, by these fields
        of the customers' profiles."""
        key = ", ".join(f"COALESCE({name}, 'desconhecido')" for name in names)
        rows = self._rows(_SUMS.format(key=f"[{key}]"), first=first, last=last)
        return {
            tuple(name): (orders, units, revenue, views)
            for name, orders, units, revenue, views in rows
            if orders or units or revenue or views
        }

    def lost(self, product: str, since: datetime, until: datetime) -> Lost:
        """The estimate for this time, of a product that was in stock and out of it."""
        self._rows(_TOTALS, until=until)
        (found,) = self._rows(_LOST, product=product, since=since, until=until)
        return Lost(*found)

    def sold_out(self, until: datetime) -> set[str]:
        """Products of which something is known while they were in stock and while they were not."""
        self._rows(_TOTALS, until=until)
        return {name for (name,) in self._rows(_SOLD_OUT)}

    def _create(self, statement: str, records: Iterable[Message], **parameters: object) -> None:
        rows = [
            {
                "chave": message.key(),
                "valor": message.value(),
                "chegada": datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
                "particao": message.partition(),
                "posicao": message.offset(),
            }
            for message in records
        ]
        self._db.register("registros", pa.Table.from_pylist(rows, _RECORDS))
        self._db.execute(statement, parameters or None)
        self._db.unregister("registros")

    def _rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Moments are UTC in every table."""
        plain = {
            name: value.astimezone(UTC).replace(tzinfo=None)
            if isinstance(value, datetime)
            else value
            for name, value in parameters.items()
        }
        return self._db.execute(statement, plain).fetchall()
