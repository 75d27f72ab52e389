"""Sales, views and active customers per state and segment: tables beside those of the live figures.

Events wait here until the profile of their customer is known. See docs/metrics.md.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import duckdb
import pyarrow as pa

from event_contracts.evento import OF_A_SALE, TipoEvento
from event_contracts.live_figures import ACTIVE_FOR
from stream_processor.profiles import Answer
from warehouse.literals import text_list

KNOWN_FOR: Final = timedelta(seconds=30)
"""An event counts at once if the profile of its customer was read this long ago at most."""
MOST_NAMED: Final = 200
"""How many states, and how many segments, a document names; OTHERS are the sum of the rest."""
OTHERS: Final = "outros"

Key: TypeAlias = tuple[str, ...]
"""A state and its region, or a segment alone."""
ESTADOS: Final = ("estado", "regiao")
SEGMENTOS: Final = ("segmento",)

_TABLES: Final = """
    CREATE TABLE regiao_pendentes (
        id_usuario VARCHAR, minuto BIGINT, pedido UHUGEINT, unidades HUGEINT,
        receita DECIMAL(38, 2), visualizacoes BIGINT, atividade BIGINT
    );
    CREATE TABLE regiao_vendas (
        minuto BIGINT, estado VARCHAR, regiao VARCHAR, segmento VARCHAR, pedido UHUGEINT,
        unidades HUGEINT, receita DECIMAL(38, 2)
    );
    CREATE TABLE regiao_visualizacoes
        (minuto BIGINT, estado VARCHAR, regiao VARCHAR, segmento VARCHAR, n BIGINT);
    CREATE TABLE regiao_clientes (
        cliente UHUGEINT, estado VARCHAR, regiao VARCHAR, segmento VARCHAR, lido BIGINT,
        atividade BIGINT
    );
    CREATE TEMP TABLE perfis (
        id_usuario VARCHAR, estado VARCHAR, regiao VARCHAR, segmento VARCHAR, lido BIGINT
    );
"""
_SALE: Final = f"tipo IN {text_list(OF_A_SALE)}"
_WAIT: Final = f"""
    INSERT INTO regiao_pendentes
    SELECT id_usuario, minuto, CASE WHEN {_SALE} THEN md5_number(id_pedido) END AS pedido,
        sum(unidades), sum(receita), count(*) FILTER (tipo = '{TipoEvento.CLIQUE}'),
        max(atividade)
    FROM a_contar GROUP BY id_usuario, minuto, pedido
"""
_WAITING: Final = """
    SELECT id_usuario FROM regiao_pendentes
    ANTI JOIN (SELECT id_usuario FROM perfis WHERE lido >= $known) USING (id_usuario)
    GROUP BY id_usuario ORDER BY min(minuto), id_usuario LIMIT $limit
"""
_KNOW: Final = """
    CREATE OR REPLACE TEMP TABLE perfis AS
    SELECT * FROM perfis ANTI JOIN respostas USING (id_usuario)
    UNION ALL SELECT * FROM respostas
"""
_APPLICABLE: Final = """
    CREATE OR REPLACE TEMP TABLE aplicados AS
    SELECT * FROM regiao_pendentes JOIN perfis USING (id_usuario) WHERE lido >= $known
"""
_APPLY: Final = """
    INSERT INTO regiao_vendas
    SELECT minuto, estado, regiao, segmento, pedido, sum(unidades), sum(receita)
    FROM aplicados WHERE pedido IS NOT NULL GROUP BY ALL;
    INSERT INTO regiao_visualizacoes
    SELECT minuto, estado, regiao, segmento, sum(visualizacoes)
    FROM aplicados WHERE visualizacoes > 0 GROUP BY ALL;
    INSERT INTO regiao_clientes
    SELECT md5_number(id_usuario), estado, regiao, segmento, lido, max(atividade)
    FROM aplicados GROUP BY id_usuario, estado, regiao, segmento, lido;
"""
_CHANGED: Final = """
    SELECT DISTINCT minuto FROM aplicados WHERE pedido IS NOT NULL OR visualizacoes > 0
"""
_NO_LONGER_WAITING: Final = """
    DELETE FROM regiao_pendentes WHERE id_usuario IN (SELECT id_usuario FROM aplicados)
"""
_ALL_MINUTES: Final = """
    SELECT minuto FROM regiao_vendas UNION SELECT minuto FROM regiao_visualizacoes
"""
_SALES: Final = """
    SELECT minuto, {key}, count(*) FILTER (unidades > 0), sum(unidades)::HUGEINT, sum(receita)
    FROM (
        SELECT minuto, {key}, sum(unidades) AS unidades, sum(receita) AS receita
        FROM regiao_vendas WHERE minuto IN (SELECT unnest(?)) GROUP BY minuto, {key}, pedido
    ) orders
    GROUP BY minuto, {key}
"""
_VIEWS: Final = """
    SELECT minuto, {key}, sum(n)::BIGINT FROM regiao_visualizacoes
    WHERE minuto IN (SELECT unnest(?)) GROUP BY minuto, {key}
"""
# Of two profiles of a customer the one that was read later counts.
_OF_CUSTOMERS: Final = """
    SELECT cliente, arg_max(estado, lido) AS estado, arg_max(regiao, lido) AS regiao,
        arg_max(segmento, lido) AS segmento, max(lido) AS lido, max(atividade) AS atividade
    FROM regiao_clientes GROUP BY cliente HAVING max(atividade) >= $active
"""
_ACTIVE: Final = f"SELECT {{key}}, count(*) FROM ({_OF_CUSTOMERS}) GROUP BY {{key}}"
_TIDY: Final = (
    "CREATE OR REPLACE TEMP TABLE perfis AS SELECT * FROM perfis WHERE lido >= $known",
    """CREATE OR REPLACE TABLE regiao_pendentes AS
    SELECT * FROM regiao_pendentes WHERE minuto >= $minutes""",
    """CREATE OR REPLACE TABLE regiao_vendas AS
    SELECT minuto, estado, regiao, segmento, pedido, sum(unidades)::HUGEINT AS unidades,
        sum(receita)::DECIMAL(38, 2) AS receita
    FROM regiao_vendas WHERE minuto >= $minutes GROUP BY ALL""",
    """CREATE OR REPLACE TABLE regiao_visualizacoes AS
    SELECT minuto, estado, regiao, segmento, sum(n)::BIGINT AS n
    FROM regiao_visualizacoes WHERE minuto >= $minutes GROUP BY ALL""",
    f"CREATE OR REPLACE TABLE regiao_clientes AS {_OF_CUSTOMERS}",
)
_ANSWERS: Final = pa.schema(
    [(name, pa.string()) for name in ("id_usuario", "estado", "regiao", "segmento")]
    + [("lido", pa.int64())]
)


@dataclass(slots=True)
class Totals:
    """Of a minute, less what was taken back in it; `pedidos` as in the figures of the minute."""

    pedidos: int = 0
    unidades: int = 0
    receita: Decimal = Decimal("0.00")
    visualizacoes: int = 0

    def add(self, other: "Totals") -> None:
        """Add the sums of another to these."""
        self.pedidos += other.pedidos
        self.unidades += other.unidades
        self.receita += other.receita
        self.visualizacoes += other.visualizacoes


@dataclass(frozen=True, slots=True)
class RegionMinute:
    """The totals of one minute: by state and region, and by segment."""

    estados: Mapping[Key, Totals]
    segmentos: Mapping[Key, Totals]


class RegionFigures:
    """Tables in the connection of the live figures, whose queue `a_contar` it counts.

    Minutes and seconds are Unix seconds.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self._db.execute(_TABLES)
        self.changed: set[int] = set()
        """Minutes whose documents are to be written."""

    def count(self) -> None:
        """Let queued events wait for the profile of their customer."""
        self._db.execute(_WAIT)

    def waiting(self, now: datetime, limit: int) -> list[str]:
        """Customers whose profile must be read; those with the oldest minutes first."""
        bounds = {"known": _second(now - KNOWN_FOR), "limit": limit}
        return [customer for (customer,) in self._db.execute(_WAITING, bounds).fetchall()]

    def customers_waiting(self) -> int:
        """How many customers have events that wait."""
        query = "SELECT count(DISTINCT id_usuario) FROM regiao_pendentes"
        ((n,),) = self._db.execute(query).fetchall()
        return int(n)

    def resolve(self, answers: Sequence[Answer], now: datetime) -> None:
        """Count the events whose profile was known at this moment, or is now that it was read."""
        if answers:
            self._know(answers)
        self._db.execute(_APPLICABLE, {"known": _second(now - KNOWN_FOR)})
        if self._db.execute("SELECT 1 FROM aplicados LIMIT 1").fetchone() is None:
            return
        self._db.execute(_APPLY)
        self.changed |= {minute for (minute,) in self._db.execute(_CHANGED).fetchall()}
        self._db.execute(_NO_LONGER_WAITING)

    def minutes(self) -> set[int]:
        """All minutes of which something is known."""
        return {minute for (minute,) in self._db.execute(_ALL_MINUTES).fetchall()}

    def figures_of(self, minutes: Collection[int]) -> dict[int, RegionMinute]:
        """The figures of these minutes."""
        estados, segmentos = self._totals(ESTADOS, minutes), self._totals(SEGMENTOS, minutes)
        return {
            minute: RegionMinute(
                named(estados.get(minute, {}), width=len(ESTADOS)),
                named(segmentos.get(minute, {}), width=len(SEGMENTOS)),
            )
            for minute in minutes
        }

    def active(self, columns: tuple[str, ...], now: datetime) -> dict[Key, int]:
        """Customers whose last activity is less than ACTIVE_FOR old, by ESTADOS or SEGMENTOS; the
        MOST_NAMED with most of them, and the rest as OTHERS."""
        query = _ACTIVE.format(key=", ".join(columns))
        rows = self._db.execute(query, {"active": _second(now - ACTIVE_FOR) + 1}).fetchall()
        found = {tuple(names): n for *names, n in rows}
        order = sorted(found, key=lambda key: (-found[key], key))
        kept = {key: found[key] for key in order[:MOST_NAMED]}
        if rest := sum(found[key] for key in order[MOST_NAMED:]):
            others = (OTHERS,) * len(columns)
            kept[others] = kept.get(others, 0) + rest
        return kept

    def tidy(self, now: datetime, *, minutes: int, active: int) -> None:
        """Forget minutes and activities before these seconds, and profiles that are too old."""
        bounds = {"known": _second(now - KNOWN_FOR), "minutes": minutes, "active": active}
        for statement in _TIDY:
            self._db.execute(statement, {k: v for k, v in bounds.items() if f"${k}" in statement})
        self.changed = {minute for minute in self.changed if minute >= minutes}

    def _know(self, answers: Sequence[Answer]) -> None:
        rows = [(a.id_usuario, *a.profile, a.lido) for a in answers]
        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        self._db.register("respostas", pa.table(columns, schema=_ANSWERS))
        self._db.execute(_KNOW)
        self._db.unregister("respostas")

    def _totals(
        self, columns: tuple[str, ...], minutes: Collection[int]
    ) -> dict[int, dict[Key, Totals]]:
        found: dict[int, dict[Key, Totals]] = {minute: {} for minute in minutes}
        for minute, key, sales in self._rows(_SALES, columns, minutes):
            found[minute][key] = Totals(*sales)
        for minute, key, (views,) in self._rows(_VIEWS, columns, minutes):
            found[minute].setdefault(key, Totals()).visualizacoes = views
        return found

    def _rows(
        self, query: str, columns: tuple[str, ...], minutes: Collection[int]
    ) -> Iterator[tuple[int, Key, list[Any]]]:
        wanted = [list(minutes)]
        for row in self._db.execute(query.format(key=", ".join(columns)), wanted).fetchall():
            minute, *rest = row
            yield minute, tuple(rest[: len(columns)]), rest[len(columns) :]


def named(found: Mapping[Key, Totals], *, width: int) -> dict[Key, Totals]:
    """The MOST_NAMED keys with most views, then most units; the rest is summed as OTHERS."""
    if len(found) <= MOST_NAMED:
        return dict(found)
    order = sorted(found, key=lambda k: (-found[k].visualizacoes, -found[k].unidades, k))
    kept = {key: found[key] for key in order[:MOST_NAMED]}
    others = Totals()
    for key in order[MOST_NAMED:]:
        others.add(found[key])
    kept.setdefault((OTHERS,) * width, Totals()).add(others)
    return kept


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
