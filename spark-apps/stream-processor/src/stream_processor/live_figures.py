"""The live figures as the driver keeps them: tables of DuckDB, in memory, of the last hour.

Every event is counted once, whatever it says when it comes again. See docs/metrics.md.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Final

import duckdb
import pyarrow as pa

from event_contracts.evento import OF_A_SALE, TipoEvento
from event_contracts.live_figures import ACTIVE_FOR, MINUTE, WINDOW
from stream_processor.enriched_figures import EnrichedFigures
from warehouse.literals import text_list

REPEATS: Final = timedelta(minutes=5)
"""A repeat that reaches Kafka within this time of the first one never counts."""
MOST_VIEWED: Final = 1000
"""How many products of a minute a document names."""
_TIDY_EVERY: Final = MINUTE
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "autoload_known_extensions": False,
    "memory_limit": "512MB",
}
"""What does not fit goes to files: senders may invent any number of products."""

_TABLES: Final = """
    CREATE TABLE vistos (id UHUGEINT, chegada BIGINT);
    CREATE TABLE vendas
        (minuto BIGINT, pedido UHUGEINT, unidades HUGEINT, receita DECIMAL(38, 2));
    CREATE TABLE visualizacoes (minuto BIGINT, id_produto VARCHAR, n BIGINT);
    CREATE TABLE clientes (id_usuario VARCHAR, atividade BIGINT);
    CREATE TABLE posicoes (partition INTEGER, read_to BIGINT);
    CREATE TABLE cobertura (desde BIGINT);
"""
# Ids are told apart by 128 bits of them, so that one takes 16 bytes however long it is.
_COUNT: Final = f"""
    CREATE OR REPLACE TEMP TABLE first AS
    SELECT min(place) AS place, id, min(chegada) AS chegada
    FROM (SELECT md5_number(id) AS id, place, chegada FROM read) ANTI JOIN vistos USING (id)
    GROUP BY id;
    INSERT INTO vistos SELECT id, chegada FROM first;
    CREATE OR REPLACE TEMP TABLE new AS SELECT * FROM read SEMI JOIN first USING (place);
    INSERT INTO vendas
    SELECT minuto, md5_number(id_pedido), sum(unidades), sum(receita)
    FROM new WHERE tipo IN {text_list(OF_A_SALE)} GROUP BY minuto, id_pedido;
    INSERT INTO visualizacoes
    SELECT minuto, id_produto, count(*) FROM new WHERE tipo = '{TipoEvento.CLIQUE}' GROUP BY ALL;
    INSERT INTO clientes
    SELECT id_usuario, max(atividade) FROM new WHERE tipo <> '{TipoEvento.SONDA}'
    GROUP BY id_usuario;
"""
_IN_NO_MINUTE: Final = text_list([TipoEvento.ADICAO_CARRINHO, TipoEvento.SONDA])
_CHANGED: Final = f"SELECT DISTINCT minuto FROM new WHERE tipo NOT IN {_IN_NO_MINUTE}"
_ALL_MINUTES: Final = "SELECT minuto FROM vendas UNION SELECT minuto FROM visualizacoes"
_SALES: Final = """
    SELECT minuto, count(*) FILTER (unidades > 0), sum(unidades)::HUGEINT, sum(receita)
    FROM (
        SELECT minuto, sum(unidades) AS unidades, sum(receita) AS receita
        FROM vendas WHERE minuto IN (SELECT unnest(?)) GROUP BY minuto, pedido
    ) orders
    GROUP BY minuto
"""
_VIEWS: Final = f"""
    SELECT minuto, id_produto, sum(n)::BIGINT FROM visualizacoes
    WHERE minuto IN (SELECT unnest(?)) GROUP BY minuto, id_produto
    QUALIFY row_number() OVER (PARTITION BY minuto ORDER BY sum(n) DESC, id_produto)
        <= {MOST_VIEWED}
    ORDER BY minuto, id_produto
"""
_ACTIVE: Final = """
    SELECT second, count(*) FROM (
        SELECT max(atividade) AS second FROM clientes WHERE atividade >= ? GROUP BY id_usuario
    ) GROUP BY second ORDER BY second
"""
_TIDY: Final = (
    "CREATE OR REPLACE TABLE vistos AS SELECT * FROM vistos WHERE chegada >= $repeats",
    """CREATE OR REPLACE TABLE vendas AS
    SELECT minuto, pedido, sum(unidades)::HUGEINT AS unidades,
        sum(receita)::DECIMAL(38, 2) AS receita
    FROM vendas WHERE minuto >= $minutes GROUP BY minuto, pedido""",
    """CREATE OR REPLACE TABLE visualizacoes AS
    SELECT minuto, id_produto, sum(n)::BIGINT AS n
    FROM visualizacoes WHERE minuto >= $minutes GROUP BY minuto, id_produto""",
    """CREATE OR REPLACE TABLE clientes AS
    SELECT id_usuario, max(atividade) AS atividade
    FROM clientes WHERE atividade >= $active GROUP BY id_usuario""",
)
_OWN_TABLES: Final = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'memory'"


@dataclass(slots=True)
class MinuteFigures:
    """What happened in a minute, less what was taken back in it.

    An order counts in `pedidos` when more of its units were bought in the minute than taken back.
    """

    pedidos: int = 0
    unidades: int = 0
    receita: Decimal = Decimal("0.00")
    visualizacoes: list[tuple[str, int]] = field(default_factory=list)
    """The most viewed products by `id_produto`; ties are cut by it as well."""


class LiveFigures:
    """Everything that the documents show, and how far it was read.

    Minutes and seconds are Unix seconds. Whoever uses the figures holds `turn` if another thread
    uses them too.
    """

    def __init__(self) -> None:
        self.turn = Lock()
        self._folder = TemporaryDirectory(prefix="figuras-", ignore_cleanup_errors=True)
        self._db = duckdb.connect(config=_CONFIG | {"temp_directory": self._folder.name})
        self._db.execute(_TABLES)
        self.enriched = EnrichedFigures(self._db)
        self._tidy_at: datetime | None = None

    def take(self, events: pa.Table, *, now: datetime, read_until: int) -> set[int]:
        """Count events with the columns of `counting_task.EVENTS`; returns the minutes changed.

        `read_until` is the second of arrival up to which every partition was read: what came
        REPEATS before is no longer remembered.
        """
        places = pa.array(range(events.num_rows), pa.int64())
        self._db.register("read", events.append_column("place", places))
        self._db.execute(_COUNT)
        self._db.unregister("read")
        self.enriched.queue()
        changed = set(self._seconds(_CHANGED))
        if self._tidy_at is None or now >= self._tidy_at:
            self._tidy(now, read_until)
            changed &= self.minutes()
        return changed

    def minutes(self) -> set[int]:
        """All minutes of which something is known."""
        return set(self._seconds(_ALL_MINUTES))

    def figures_of(self, minutes: Collection[int]) -> dict[int, MinuteFigures]:
        """The figures of these minutes."""
        found = {minute: MinuteFigures() for minute in minutes}
        wanted = [list(minutes)]
        for minute, *sales in self._db.execute(_SALES, wanted).fetchall():
            found[minute] = MinuteFigures(*sales)
        for minute, product, n in self._db.execute(_VIEWS, wanted).fetchall():
            found[minute].visualizacoes.append((product, n))
        return found

    def active_per_second(self, now: datetime) -> dict[int, int]:
        """Second -> how many customers were last active in it; those of the last minutes."""
        return dict(self._db.execute(_ACTIVE, [_before(now, ACTIVE_FOR + MINUTE)]).fetchall())

    def save(self, path: Path, *, positions: Mapping[int, int], first_minute: int) -> None:
        """Write all of it to a new file, with the offsets up to which it was read."""
        self._db.execute("DELETE FROM posicoes; DELETE FROM cobertura")
        self._db.executemany("INSERT INTO posicoes VALUES (?, ?)", [*positions.items()])
        self._db.execute("INSERT INTO cobertura VALUES (?)", [first_minute])
        self._db.execute(f"ATTACH '{_quoted(path)}' AS saved")
        self._db.execute("COPY FROM DATABASE memory TO saved; DETACH saved")

    def restore(self, path: Path) -> tuple[dict[int, int], int]:
        """Take what `save` wrote; returns its offsets and first minute.

        Raises duckdb.Error, also if the file lacks a table: it is then of an older version, whose
        figures would be incomplete.
        """
        self._db.execute(f"ATTACH '{_quoted(path)}' AS saved (READ_ONLY)")
        for (table,) in self._db.execute(_OWN_TABLES).fetchall():
            self._db.execute(f"INSERT INTO {table} SELECT * FROM saved.{table}")
        self._db.execute("DETACH saved")
        self.enriched.regions.changed = self.enriched.regions.minutes()
        positions = dict(self._db.execute("SELECT * FROM posicoes").fetchall())
        (first_minute,) = self._seconds("SELECT desde FROM cobertura")
        return positions, first_minute

    def _tidy(self, now: datetime, read_until: int) -> None:
        self._tidy_at = now + _TIDY_EVERY
        bounds = {
            "repeats": read_until - REPEATS // timedelta(seconds=1),
            "minutes": _before(now, WINDOW + MINUTE),
            "active": _before(now, ACTIVE_FOR + MINUTE),
        }
        for statement in _TIDY:
            self._db.execute(statement, {k: v for k, v in bounds.items() if f"${k}" in statement})
        self.enriched.tidy(now, minutes=bounds["minutes"], active=bounds["active"])

    def _seconds(self, query: str) -> Iterator[int]:
        return (second for (second,) in self._db.execute(query).fetchall())


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _before(now: datetime, ago: timedelta) -> int:
    return int((now - ago).timestamp())
