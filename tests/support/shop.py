"""analytics-api before real stores, which a test fills as the stream would."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from confluent_kafka import Producer
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.collection import Collection
from tests.support.platform import local_settings
from tests.support.waiting import wait_until
from tests.support.warehouse_store import empty_tables

from event_contracts.live_figures import STOCK_LOOK_ID
from event_contracts.names import (
    COLLECTION_ALERTAS,
    COLLECTION_METRICAS,
    QUERY_WAREHOUSE,
    TOPIC_ESTOQUE,
    TOPIC_EVENTOS,
    TOPICS,
)
from service_runtime.topic import Topic
from vitrine_local.platform import LocalPlatform
from warehouse import ledger, tables
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings
from warehouse.transaction import Transaction

API = "analytics-api"
_INSERT = (
    "INSERT INTO vendas (id_pedido, id_produto, quantidade, preco, data, id_usuario, tipo_evento, "
    "id_evento, kafka_partition, kafka_offset, origem) "
    "VALUES (%s, %s, %s, CAST(%s AS DECIMAL(18, 2)), %s, %s, %s, %s, %s, %s, %s)"
)
_INSERT_PROBE = (
    f"INSERT INTO eventos_clientes ({tables.EVENTOS.column_list}) VALUES "
    "(%s, 'sonda', %s, %s, %s, NULL, NULL, NULL, NULL, NULL, %s, %s, %s, NULL)"
)
_DELETE_LEVEL = "DELETE FROM estoque WHERE id_produto = %s AND id_armazem = %s"
_INSERT_LEVEL = (
    f"INSERT INTO estoque ({tables.ESTOQUE.column_list}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
_INSERT_UPDATE = _INSERT_LEVEL.replace("estoque", "atualizacoes_estoque", 1)
_INSERT_EVENT = _INSERT_PROBE.replace("'sonda'", "%s")
Document = dict[str, Any]


@dataclass(frozen=True)
class Sale:
    """One line of an order; what is taken back has a negative quantity."""

    id_pedido: str
    id_produto: str
    quantidade: int = 1
    preco: str = "10.00"
    data: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def row(self) -> tuple[object, ...]:
        """The columns of `vendas` that do not tell where the line comes from."""
        return (
            self.id_pedido,
            self.id_produto,
            self.quantidade,
            self.preco,
            self.data.astimezone(UTC).replace(tzinfo=None),
            "u1",
            "compra" if self.quantidade > 0 else "devolucao",
        )


class Shop:
    """The API, and what stands before it."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        environment = platform.environment(API)
        secrets = Path(environment["SECRETS_DIR"])
        self.url = f"http://127.0.0.1:{environment['LISTEN_PORT']}"
        self.warehouse_settings = WarehouseSettings(
            warehouse_host=environment["WAREHOUSE_HOST"],
            warehouse_port=int(environment["WAREHOUSE_PORT"]),
            warehouse_user=environment["WAREHOUSE_USER"],
            warehouse_password=SecretStr((secrets / "warehouse_password").read_text()),
            warehouse_ssl=False,
        )
        self.warehouse = Warehouse(self.warehouse_settings, application="tests")
        self._mongo: MongoClient[Document] = MongoClient((secrets / "mongo_url").read_text())
        self._servers = {"bootstrap.servers": environment["KAFKA_BOOTSTRAP_SERVERS"]}
        self._kafka = Producer({**self._servers, "log_level": 0})

    def restart(self) -> None:
        """Have the API read the stores anew."""
        self.platform.stop(API)
        self.platform.start_part(API)
        wait_for(lambda: self.get("/readyz").status_code == 200, "the API is ready")

    def empty(self, *sales: Sale) -> None:
        """Begin anew: no rows but these sales, no documents, a ledger by which Kafka holds no
        other records, and an API that has read all that."""
        self.platform.stop(API)
        with self.warehouse.transaction() as transaction:
            empty_tables(transaction)
            for topic in TOPICS:
                for number, end in Topic(self._servers, topic).latest().items():
                    if end:
                        append(transaction, 0, partition=number, first=0, topic=topic, absent=end)
        for collection in self._mongo["vitrine"].list_collection_names():
            self._mongo["vitrine"][collection].delete_many({})
        if sales:
            self.commit(*sales)
        self.restart()

    @property
    def metrics(self) -> Collection[Document]:
        """Where the stream's figures query writes."""
        return self._mongo["vitrine"][COLLECTION_METRICAS]

    def put_alert(self, product: str, units: int, *, sold_out_at: datetime | None = None) -> None:
        """Open an alert as stock-alerts does."""
        now = datetime.now(UTC)
        fields = {
            "id_produto": product,
            "motivo": "acabando" if units else "esgotado",
            "aberto_em": now,
            "alterado_em": now,
            "fechado_em": None,
            "nivel_estoque": units,
            "dias_cobertura": 0.1 if units else 0.0,
            "esgota_em": sold_out_at,
        }
        alerts = self._mongo["vitrine"][COLLECTION_ALERTAS]
        alerts.replace_one({"_id": product}, {"_id": product, **fields}, upsert=True)
        self.look_at_stock(now)

    def close_alert(self, product: str) -> None:
        """Close it as stock-alerts does."""
        closed = {"$set": {"fechado_em": datetime.now(UTC)}}
        self._mongo["vitrine"][COLLECTION_ALERTAS].update_one({"_id": product}, closed)

    def look_at_stock(self, at: datetime) -> None:
        """Say that the alerts are as the stock was at this moment, as stock-alerts does."""
        self.metrics.update_one({"_id": STOCK_LOOK_ID}, {"$set": {"avaliado_em": at}}, upsert=True)

    def get(self, path: str, **parameters: str | int) -> httpx.Response:
        """One answer of the API."""
        return httpx.get(self.url + path, params=parameters, timeout=5)

    def items(self, path: str = "/vendas/resumo", **parameters: str | int) -> list[Document]:
        """The items of a list that fits one page."""
        found: list[Document] = self.get(path, limite=1000, **parameters).json()["itens"]
        return found

    def kill(self, part: str) -> None:
        """End a store without warning, and with it what this test itself holds open."""
        self.platform.kill(part)
        self.warehouse.close()

    def produce(self, count: int, *, partition: int = 0, topic: str = TOPIC_EVENTOS) -> None:
        """Put records on Kafka, whatever is in them."""
        for _ in range(count):
            self._kafka.produce(topic, b"{}", partition=partition)
        assert self._kafka.flush(20) == 0

    def done_to(self, partition: int = 0, *, topic: str = TOPIC_EVENTOS) -> int:
        """Where the ledger goes on."""
        with self.warehouse.transaction() as transaction:
            known = ledger.positions(transaction, query=QUERY_WAREHOUSE)
        return known.get((topic, partition), 0)

    def commit(self, *sales: Sale, partition: int = 0, on_kafka: bool = True) -> None:
        """Write a batch of one partition as the stream does: rows and ledger at once."""
        if on_kafka:
            self.produce(len(sales), partition=partition)
        first = self.done_to(partition)
        with self.warehouse.transaction() as transaction:
            insert(transaction, sales, partition=partition, first=first)
            append(transaction, len(sales), partition=partition, first=first)

    def commit_probes(self, *sent: datetime, partition: int = 0) -> list[str]:
        """Write probes as the stream does, sent at these moments; their ids."""
        self.produce(len(sent), partition=partition)
        first = self.done_to(partition)
        names = [str(uuid4()) for _ in sent]
        with self.warehouse.transaction() as transaction:
            for offset, (name, at) in enumerate(zip(names, sent, strict=True), start=first):
                moment = at.astimezone(UTC).replace(tzinfo=None)
                what = ("u-probe", "p-probe", moment, name, partition, offset, moment)
                transaction.execute(_INSERT_PROBE, what)
            append(transaction, len(sent), partition=partition, first=first)
        return names

    def put_history(
        self,
        product: str,
        *,
        levels: Iterable[tuple[str, int, datetime]] = (),
        events: Iterable[tuple[str, datetime]] = (),
        sales: Sequence[Sale] = (),
    ) -> None:
        """Write what a product's past is told by: levels (stock location, units, moment), events
        (type, moment), of offsets that the ledger may never name, and sales, as of a file."""
        with self.warehouse.transaction() as transaction:
            for offset, (location, units, at) in enumerate(levels):
                moment = at.astimezone(UTC).replace(tzinfo=None)
                row = (product, units, moment, location, 0, offset, moment)
                transaction.execute(_INSERT_UPDATE, row)
            for offset, (kind, at) in enumerate(events):
                moment = at.astimezone(UTC).replace(tzinfo=None)
                what = ("u1", kind, product, moment, f"{product}-{offset}", 0, offset, moment)
                transaction.execute(_INSERT_EVENT, what)
            insert_from_file(transaction, sales)
        if sales:
            self.load()

    def commit_stock(
        self, *levels: tuple[str, str, int], received_at: datetime | None = None
    ) -> None:
        """Write the latest levels (product, stock location, units) as the stream does; Kafka had
        them now, unless it is said when."""
        self.produce(len(levels), topic=TOPIC_ESTOQUE)
        first = self.done_to(topic=TOPIC_ESTOQUE)
        at = (received_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
        with self.warehouse.transaction() as transaction:
            for offset, (product, location, units) in enumerate(levels, start=first):
                transaction.execute(_DELETE_LEVEL, (product, location))
                row = (product, units, at, location, 0, offset, at)
                transaction.execute(_INSERT_LEVEL, row)
            append(transaction, len(levels), partition=0, first=first, topic=TOPIC_ESTOQUE)

    def load(self, **rows: Sequence[Sequence[object]]) -> None:
        """Put rows in place of all rows of tables of history, as batch-etl does, with one more row
        of `cargas`."""
        now = datetime.now(UTC).replace(tzinfo=None)
        with self.warehouse.transaction() as transaction:
            for name, of_table in rows.items():
                transaction.execute(f"DELETE FROM {name}")
                insert_rows(transaction, name, of_table)
            (count,) = transaction.row("SELECT COUNT(*) FROM cargas")
            file = (count, "vendas", f"vendas/{count}.csv", "etag", 1, now, "carregada")
            insert_rows(transaction, tables.CARGAS.name, [(*file, 1, 1, 0, 0, 0, None, now)])

    def put_metrics(self, *documents: Document) -> None:
        """Upsert documents as the figures query does."""
        now = datetime.now(UTC)
        for document in documents:
            whole = document | {"atualizado_em": now}
            self.metrics.replace_one({"_id": document["_id"]}, whole, upsert=True)

    def rows(self, statement: str) -> list[Sequence[Any]]:
        """What the warehouse itself says."""
        with self.warehouse.transaction() as transaction:
            return transaction.rows(statement)


def insert(transaction: Transaction, sales: Sequence[Sale], *, partition: int, first: int) -> None:
    """Lines of `vendas` from the stream, at consecutive offsets."""
    for offset, sale in enumerate(sales, start=first):
        origin = (f"e-{partition}-{offset}", partition, offset, "fluxo")
        transaction.execute(_INSERT, (*sale.row, *origin))


def insert_rows(transaction: Transaction, name: str, rows: Sequence[Sequence[object]]) -> None:
    """Whole rows of a table."""
    (table,) = (each for each in tables.TABLES if each.name == name)
    marks = ", ".join(f"CAST(%s AS {column.type})" for column in table.columns)
    for row in rows:
        statement = f"INSERT INTO {name} ({table.column_list}) VALUES ({marks})"
        transaction.execute(statement, row)


def insert_from_file(transaction: Transaction, sales: Sequence[Sale]) -> None:
    """Lines of `vendas` that never were on Kafka."""
    for sale in sales:
        transaction.execute(_INSERT, (*sale.row, None, None, None, "arquivo"))


def insert_load(transaction: Transaction, *, etag: str) -> None:
    """A row that says that a file was loaded now."""
    now = datetime.now(UTC).replace(tzinfo=None)
    place = (int(etag), "vendas", "vendas/a.csv", etag, 1, now, "carregada")
    row = (*place, 0, 0, 0, 0, 0, None, now)
    transaction.execute(
        f"INSERT INTO cargas ({tables.CARGAS.column_list}) VALUES ({', '.join(['%s'] * len(row))})",
        row,
    )


def append(
    transaction: Transaction,
    count: int,
    *,
    partition: int,
    first: int,
    topic: str = TOPIC_EVENTOS,
    absent: int = 0,
) -> None:
    """A row of the ledger that says that so many records were written."""
    done = ledger.OffsetRange(topic, partition, first, first + count + absent)
    row = ledger.row_of(done, n_read=count, n_written=count, n_duplicate=0, n_dead=0)
    now = datetime.now(UTC)
    ledger.append(transaction, [row], query=QUERY_WAREHOUSE, epoch=1, now=now)


@contextmanager
def running_shop(state_dir: Path) -> Iterator[Shop]:
    """All stores and the API, empty."""
    with LocalPlatform(local_settings(state_dir)) as platform:
        platform.start([API])
        yield Shop(platform)


def minute_document(moment: datetime, **figures: Any) -> Document:
    """A minute; what is not given is zero or empty."""
    minute = moment.replace(second=0, microsecond=0)
    empty = {"revisao": 0, "pedidos": 0, "unidades": 0, "receita": "0.00", "visualizacoes": []}
    return {
        "_id": f"minuto/{minute:%Y-%m-%dT%H:%M:%SZ}",
        "tipo": "minuto",
        "minuto": minute,
        **empty,
        **figures,
    }


def active_document(moment: datetime, count: int) -> Document:
    """So many customers seen at a moment."""
    return {
        "_id": "ativos/todos",
        "tipo": "ativos",
        "usuarios": [{"desde": moment, "n": count}],
    }


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = 20) -> None:
    """Wait until the condition holds. An API that does not answer may come."""

    def holds() -> bool:
        try:
            return condition()
        except (httpx.TransportError, json.JSONDecodeError):
            return False

    wait_until(holds, what, seconds=seconds)
