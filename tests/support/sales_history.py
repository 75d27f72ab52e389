"""What sales from files must come to: the rules in plain Python, beside the SQL that they check."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from tests.support.warehouse_store import Store

from warehouse.arrow_schema import arrow_schema
from warehouse.history.staged import STAGED_REJECTED, StagedSales
from warehouse.history.versions import FileVersion
from warehouse.tables import VENDAS, Table

TIMEZONE = "America/Sao_Paulo"
_BEHIND_UTC = timedelta(hours=3)

Sale = tuple[str, str]
Row = tuple[Any, ...]


def day_of(moment: datetime) -> date:
    """São Paulo has been three hours behind UTC since 2019."""
    return (moment - _BEHIND_UTC).date()


@dataclass(frozen=True)
class Line:
    """A line of `vendas`, in the order of its columns."""

    id_pedido: str
    id_produto: str
    quantidade: int
    preco: Decimal
    data: datetime
    id_usuario: str | None
    id_evento: str | None
    kafka_partition: int | None
    kafka_offset: int | None
    tipo_evento: str
    origem: str
    regiao: str | None
    id_carga: int | None
    linha: int | None

    @property
    def sale(self) -> Sale:
        return self.id_pedido, self.id_produto

    @property
    def is_purchase(self) -> bool:
        return self.tipo_evento == "compra"


@dataclass(frozen=True)
class Export:
    """A version of a file with its rows."""

    version: FileVersion
    lines: tuple[Line, ...]
    rejected: tuple[Row, ...]


@dataclass
class Model:
    """All lines of the stream, and of each path the version that counts."""

    stream: list[Line] = field(default_factory=list)
    current: dict[str, Export] = field(default_factory=dict)

    def load(self, export: Export) -> None:
        held = self.current.get(export.version.arquivo)
        if held is None or export.version.age > held.version.age:
            self.current[export.version.arquivo] = export

    def tables(self) -> tuple[set[Line], set[Line]]:
        """`vendas` and `vendas_preteridas`."""
        files: dict[Sale, list[tuple[Any, ...]]] = defaultdict(list)
        for export in self.current.values():
            version = export.version
            for line in export.lines:
                place = (version.modificado_em, version.arquivo, line.linha)
                files[line.sale].append((place, line))
        winners = {max(rows, key=lambda row: row[0])[1] for rows in files.values()}
        every = {row[1] for rows in files.values() for row in rows} | set(self.stream)
        passed_over = {
            line
            for line in every
            if line.is_purchase and line.sale in files and line not in winners
        }
        return every - passed_over, passed_over

    def returns_without_purchase(self) -> set[str | None]:
        bought = {line.sale for table in self.tables() for line in table if line.is_purchase}
        return {
            line.id_evento
            for line in self.stream
            if not line.is_purchase and line.sale not in bought
        }

    def rejected(self) -> set[Row]:
        return {row for export in self.current.values() for row in export.rejected}

    def reconciled(self, day: date) -> dict[str, dict[str, Decimal]]:
        """The figures of a day by the definition of each component."""
        lines = [line for table in self.tables() for line in table if line.is_purchase]
        found = {}
        for figure in ("receita", "unidades", "pedidos"):
            sides: dict[Any, dict[str, dict[date, Decimal]]] = defaultdict(
                lambda: {"fluxo": {}, "arquivo": {}}
            )
            winners = self.tables()[0]
            for line in lines:
                if line.origem == "arquivo" and line not in winners:
                    continue
                key = line.id_pedido if figure == "pedidos" else line.sale
                side = sides[key][line.origem]
                on = day_of(line.data)
                side[on] = _added(figure, side.get(on, Decimal(0)), line)
            found[figure] = _components(day, sides.values())
        return found


def _added(figure: str, before: Decimal, line: Line) -> Decimal:
    if figure == "pedidos":
        return Decimal(1)
    return before + line.quantidade * (line.preco if figure == "receita" else 1)


def _components(day: date, sides: Iterable[dict[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for side in sides:
        stream, file = side["fluxo"], side["arquivo"]
        difference = file.get(day, Decimal(0)) - stream.get(day, Decimal(0))
        found["fluxo"] += stream.get(day, Decimal(0))
        found["arquivo"] += file.get(day, Decimal(0))
        if not stream:
            found["ausente_no_fluxo"] += difference
        elif not file:
            found["ausente_no_arquivo"] += difference
        elif day in stream and day in file:
            found["valor_diferente"] += difference
        else:
            found["outro_dia"] += difference
    return found


LiveFigures = tuple[int, int, Decimal]
"""Orders, units and revenue."""


def live_figures(lines: Iterable[Line]) -> dict[datetime, LiveFigures]:
    """What the live figures say of each minute, had they these lines of the stream."""
    units: dict[datetime, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    revenue: dict[datetime, Decimal] = defaultdict(Decimal)
    for line in lines:
        minute = line.data.replace(second=0, microsecond=0)
        units[minute][line.id_pedido] += line.quantidade
        revenue[minute] += line.quantidade * line.preco
    return {
        minute: (sum(n > 0 for n in orders.values()), sum(orders.values()), revenue[minute])
        for minute, orders in units.items()
    }


def added_up(minutes: Iterable[LiveFigures]) -> dict[str, Decimal]:
    """The sums by figure."""
    rows = [(0, 0, Decimal(0)), *minutes]
    orders, units, revenue = (Decimal(sum(column)) for column in zip(*rows, strict=True))
    return {"receita": revenue, "unidades": units, "pedidos": orders}


def lines_of(store: Store, table: str) -> set[Line]:
    """The rows of `vendas` or `vendas_preteridas`, none of which may stand there twice."""
    rows = store.rows(f"SELECT * FROM {table}")
    found = {Line(*row) for row in rows}
    assert len(found) == len(rows)
    return found


def staged(store: Store, exports: Iterable[Export]) -> StagedSales:
    """The rows of versions on S3, as their reader leaves them there."""
    exports = list(exports)
    rejected = [row for export in exports for row in export.rejected]
    return StagedSales(
        versions=[export.version for export in exports],
        rejected_manifest=(
            store.manifest(as_arrow(STAGED_REJECTED, rejected)) if rejected else None
        ),
        lines={
            export.version.id_carga: [store.file(as_arrow(VENDAS, map(astuple, export.lines)))]
            for export in exports
            if export.lines
        },
        folder="tests",
    )


def as_arrow(table: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows as COPY reads them."""
    schema = arrow_schema(table)
    columns = zip(*rows, strict=True)
    arrays = [pa.array(c, kind) for c, kind in zip(columns, schema.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


FIGURES = {
    "vendas_diarias": "dia, regiao, categoria",
    "produtos_diarios": "dia, id_produto",
    "receita_diaria": "dia",
    "receita_mensal": "mes",
}


def figures(lines: Iterable[Line], categories: dict[str, str]) -> dict[str, set[Row]]:
    """Every figure of these lines, by DuckDB."""
    rows = [
        (
            day_of(line.data),
            day_of(line.data).replace(day=1),
            line.regiao or "desconhecido",
            categories.get(line.id_produto, "desconhecido"),
            *line.sale,
            line.id_usuario,
            line.quantidade,
            line.preco,
        )
        for line in lines
    ]
    with duckdb.connect(config={"threads": 1}) as database:
        database.execute(
            "CREATE TABLE linhas (dia DATE, mes DATE, regiao TEXT, categoria TEXT, id_pedido TEXT, "
            "id_produto TEXT, id_usuario TEXT, quantidade INTEGER, preco DECIMAL(18, 2))"
        )
        if rows:
            database.executemany(f"INSERT INTO linhas VALUES ({', '.join('?' * 9)})", rows)
        return {
            table: set(database.execute(_figures(table, keys)).fetchall())
            for table, keys in FIGURES.items()
        }


def _figures(table: str, keys: str) -> str:
    customers = ", count(DISTINCT quem) FILTER (unidades > 0)"
    return f"""
        SELECT {keys}, count(*) FILTER (unidades > 0), sum(unidades)::BIGINT,
            sum(receita)::DECIMAL(18, 2) {"" if table == "produtos_diarios" else customers}
        FROM (
            SELECT {keys}, id_pedido, max(id_usuario) AS quem, sum(quantidade) AS unidades,
                sum(quantidade * preco) AS receita FROM linhas GROUP BY ALL
        ) GROUP BY {keys}
    """


def utc(day: int, hour: int) -> datetime:
    """A moment around the end of a month, without a time zone, as TIMESTAMP columns hold it."""
    return datetime(2025, 6, 28, tzinfo=UTC).replace(tzinfo=None) + timedelta(days=day, hours=hour)
