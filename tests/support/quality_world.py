"""A shop's history in the warehouse in which nothing is wrong: 58 days of a stream with repeats,
dead letters and markers, the files of its sales and products, and the figures of its days."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
from tests.support.redshift import LocalRedshift
from tests.support.redshift_sql import copy

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_ESTOQUE, TOPIC_EVENTOS
from warehouse import tables
from warehouse.arrow_schema import arrow_schema
from warehouse.tables import TABLES, Table
from warehouse.transaction import Transaction

ZONE: Final = ZoneInfo("America/Sao_Paulo")
FIRST: Final = date(2026, 4, 20)
DAYS: Final = [FIRST + timedelta(days=n) for n in range(58)]
CHECKED: Final = DAYS[28:]
"""Each of these days has four weeks before it."""
LAST: Final = DAYS[-1]
_EVENTS_ON: Final = (140, 130, 135, 140, 160, 190, 170)
_STATES: Final = ("SP", "RJ", "MG", "BA", "desconhecido", None)
_CATEGORIES: Final = ("moda", "casa", "lazer", "livros")
_SECOND: Final = timedelta(seconds=1)
_CLOSED: Final = 60
"""Minutes of each day that the live figures closed."""
Line = dict[str, Any]


def naive(moment: datetime) -> datetime:
    """As a TIMESTAMP column holds it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def at(day: date, hour: int) -> datetime:
    """An hour of a day in the shop."""
    return datetime.combine(day, time(hour), ZONE)


@dataclass
class Partition:
    """Where the next record of a topic goes, and what became of those of the day."""

    topic: str
    off: int = 0
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def record(self, outcome: str) -> int:
        """The offset of a record, or of one that holds none."""
        self.counts[outcome] += 1
        self.off += 1
        return self.off - 1

    def fold_day(self, committed_at: datetime) -> Line:
        """The ledger's row of all since the last one."""
        n, self.counts = self.counts, defaultdict(int)
        read = n["written"] + n["duplicate"] + n["dead"]
        return {
            "query": QUERY_WAREHOUSE,
            "epoch": 1,
            "topic": self.topic,
            "partition": 0,
            "off_from": self.off - read - n["absent"],
            "off_to": self.off,
            "n_read": read,
            "n_absent": n["absent"],
            "n_written": n["written"],
            "n_duplicate": n["duplicate"],
            "n_dead": n["dead"],
            "committed_at": naive(committed_at),
        }


class World:
    """The rows of every table, made day by day."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Line]] = defaultdict(list)
        self._random = random.Random(17)
        self._events = Partition(TOPIC_EVENTOS)
        self._stock = Partition(TOPIC_ESTOQUE)
        self._products()
        for day in DAYS:
            self._day(day)

    def put(self, table: Table, **values: Any) -> None:
        """Add a row; columns that are not named are NULL."""
        self.rows[table.name].append(values)

    def _products(self) -> None:
        self._load(tables.PRODUTOS.name, "produtos/p.csv", 1, at(FIRST, 1), written=20)
        for number in range(20):
            self.put(
                tables.PRODUTOS,
                id_produto=f"p{number:03d}",
                nome=f"Produto {number}",
                categoria=_CATEGORIES[number % 4],
                preco_lista=Decimal(10 + number),
                atualizado_em=naive(at(FIRST, 1)),
                id_carga=1,
            )

    def _load(
        self, kind: str, file: str, number: int, moment: datetime, *, written: int, **counts: int
    ) -> None:
        counts = {"preteridas": 0, "rejeitadas": 0, "substituidas": 0, **counts}
        self.put(
            tables.CARGAS,
            id_carga=number,
            tipo=kind,
            arquivo=file,
            etag=f"etag-{number}",
            tamanho=1000,
            modificado_em=naive(moment),
            situacao="carregada",
            n_lidas=written + counts["preteridas"] + counts["rejeitadas"],
            n_gravadas=written,
            carregada_em=naive(moment + timedelta(hours=1)),
            **{f"n_{name}": count for name, count in counts.items()},
        )

    def _day(self, day: date) -> None:
        count = round(_EVENTS_ON[day.weekday()] * self._random.uniform(0.9, 1.1))
        gap = timedelta(hours=22) / count
        sold: list[Line] = []
        for number in range(count):
            sold += self._record(at(day, 1) + gap * number, f"{day}-{number}", number)
        self._events.record("absent")
        lines = self._file(day, sold)
        self._close_minutes(day, sold)
        self._conciliate(day, sold, lines)
        self._update_stock(day)
        for partition in (self._events, self._stock):
            self.rows[tables.INGESTAO.name].append(partition.fold_day(at(day, 23)))

    def _record(self, moment: datetime, name: str, number: int) -> Iterator[Line]:
        """The records of a moment: an event, perhaps sent twice, and now and then a broken one."""
        if number % 60 == 59:
            self.put(
                tables.REJEITADOS,
                topic=TOPIC_EVENTOS,
                kafka_partition=0,
                kafka_offset=self._events.record("dead"),
                motivo="nao_json",
                detalhe="expected JSON",
                recebido_em=naive(moment),
            )
        kind = "compra" if number % 2 else ("devolucao" if number % 50 == 0 else "clique")
        event: Line = {
            "id_usuario": f"u{self._random.randrange(40)}",
            "tipo_evento": kind,
            "id_produto": f"p{self._random.randrange(20):03d}",
            "timestamp": naive(moment),
            "id_evento": f"e-{name}",
            "kafka_partition": 0,
            "kafka_offset": self._events.record("written"),
            "recebido_em": naive(moment + _SECOND),
        }
        if kind != "clique":
            units, price = (
                self._random.randint(1, 3),
                Decimal(self._random.randint(500, 9900)) / 100,
            )
            event |= {"id_pedido": f"o-{name}", "quantidade": units, "preco": price}
            yield self._sale(event)
        self.rows[tables.EVENTOS.name].append(event)
        if number % 25 == 7:
            self._events.record("duplicate")

    def _sale(self, event: Line) -> Line:
        taken_back = event["tipo_evento"] != "compra"
        kept = ("id_pedido", "id_produto", "preco", "id_usuario", "id_evento", "tipo_evento")
        return {
            **{name: event[name] for name in (*kept, "kafka_partition", "kafka_offset")},
            "quantidade": -event["quantidade"] if taken_back else event["quantidade"],
            "data": event["timestamp"],
            "origem": "fluxo",
        }

    def _file(self, day: date, sold: list[Line]) -> list[Line]:
        """The day's file: most of the purchases, one more than the stream has and one that the
        stream alone has, one line twice and one that cannot be read."""
        number = 100 + DAYS.index(day)
        name = f"vendas/data={day}/pedidos.csv"
        bought = [line for line in sold if line["tipo_evento"] == "compra"]
        of_file = {"id_evento": None, "kafka_partition": None, "kafka_offset": None}
        lines = [
            {
                **line,
                **of_file,
                "origem": "arquivo",
                "regiao": self._random.choice(_STATES),
                "id_carga": number,
                "linha": row,
            }
            for row, line in enumerate(bought[1:], start=1)
        ]
        lines.append({**lines[0], "id_pedido": f"o-{day}-loja", "linha": len(lines) + 1})
        self.rows[tables.VENDAS.name] += [
            *lines,
            *(line for line in sold if line not in bought[1:]),
        ]
        again = {**lines[0], "linha": len(lines) + 1}
        self.rows[tables.PRETERIDAS.name] += [*bought[1:], again]
        self.put(
            tables.VENDAS_REJEITADAS,
            id_carga=number,
            arquivo=name,
            linha=len(lines) + 2,
            motivo="preco_invalido",
            campo="preco",
            conteudo="x",
        )
        self._load(
            "vendas",
            name,
            number,
            at(day + timedelta(days=1), 2),
            written=len(lines),
            preteridas=1,
            rejeitadas=1,
            substituidas=len(bought) - 1,
        )
        return lines

    def _close_minutes(self, day: date, sold: list[Line]) -> None:
        """Those of the last hour with events."""
        for minute in (naive(at(day, 22)) + timedelta(minutes=n) for n in range(_CLOSED)):
            lines = [ln for ln in sold if ln["data"].replace(second=0, microsecond=0) == minute]
            self.put(
                tables.METRICAS_MINUTO,
                minuto=minute,
                pedidos=sum(line["quantidade"] > 0 for line in lines),
                unidades=sum(line["quantidade"] for line in lines),
                receita=sum((ln["quantidade"] * ln["preco"] for ln in lines), Decimal(0)),
                visualizacoes=9,
                fechado_em=minute + timedelta(minutes=90),
            )

    def _conciliate(self, day: date, sold: list[Line], lines: list[Line]) -> None:
        shown = [line for line in sold if line["data"] >= naive(at(day, 22))]
        keys = {line["id_pedido"] for line in sold}, {line["id_pedido"] for line in lines}
        for figure in ("receita", "unidades"):

            def total(of: list[Line], figure: str = figure) -> Decimal:
                money = figure == "receita"
                worth = (line["quantidade"] * (line["preco"] if money else 1) for line in of)
                return Decimal(sum(worth))

            missing = total([line for line in sold if line["id_pedido"] not in keys[1]])
            self.put(
                tables.CONCILIACAO,
                dia=day,
                figura=figure,
                fluxo=total(sold),
                arquivo=total(lines),
                diferenca=total(lines) - total(sold),
                ausente_no_fluxo=total([ln for ln in lines if ln["id_pedido"] not in keys[0]]),
                ausente_no_arquivo=-missing,
                outro_dia=Decimal(0),
                valor_diferente=Decimal(0),
                calculada_em=naive(at(day + timedelta(days=1), 4)),
                ao_vivo=total(shown),
                ao_vivo_esperado=total(shown),
                minutos=_CLOSED,
                minutos_do_dia=1440,
            )

    def _update_stock(self, day: date) -> None:
        latest: list[Line] = []
        for number in range(20):
            moment = at(day, 12) + _SECOND * number
            latest.append(
                {
                    "id_produto": f"p{number:03d}",
                    "nivel_estoque": self._random.randrange(100),
                    "ultima_atualizacao": naive(moment),
                    "id_armazem": "cd",
                    "kafka_partition": 0,
                    "kafka_offset": self._stock.record("written"),
                    "recebido_em": naive(moment + _SECOND),
                }
            )
        self.rows[tables.ATUALIZACOES.name] += latest
        self.rows[tables.ESTOQUE.name] = latest


_DAY: Final = f"CAST(data AT TIME ZONE 'UTC' AT TIME ZONE '{ZONE.key}' AS DATE)"
_SUMS: Final = (
    "COUNT(DISTINCT id_pedido), SUM(quantidade), SUM(quantidade * preco)",
    "COUNT(DISTINCT id_usuario)",
)
AGGREGATES: Final = (
    f"INSERT INTO receita_diaria SELECT {_DAY}, {', '.join(_SUMS)} FROM vendas GROUP BY 1",
    f"INSERT INTO produtos_diarios SELECT {_DAY}, id_produto, {_SUMS[0]} FROM vendas GROUP BY 1, 2",
    "INSERT INTO receita_mensal "
    f"SELECT CAST(DATE_TRUNC('month', {_DAY}) AS DATE), {', '.join(_SUMS)} FROM vendas GROUP BY 1",
    f"INSERT INTO vendas_diarias SELECT {_DAY}, COALESCE(regiao, 'desconhecido'), "
    f"COALESCE(categoria, 'desconhecido'), {', '.join(_SUMS)} FROM vendas "
    "LEFT JOIN produtos ON produtos.id_produto = vendas.id_produto GROUP BY 1, 2, 3",
)
"""The figures of each day, as batch-etl computes them."""


def load_world(redshift: LocalRedshift, transaction: Transaction) -> None:
    """Write the world into empty tables."""
    world = World()
    for table in TABLES:
        if rows := world.rows.get(table.name):
            schema = arrow_schema(table)
            full = [{name: row.get(name) for name in schema.names} for row in rows]
            staged = redshift.stage(table.name, pa.Table.from_pylist(full, schema=schema))
            transaction.execute(copy(table.name, staged))
    for statement in AGGREGATES:
        transaction.execute(statement)
