"""The ledger on a real warehouse; and the audit, shown sinks that are wrong on purpose."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest
from tests.support.redshift import local_redshift
from tests.support.stream import encoded, event, purchase

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.errors import PermanentError, TransientError
from stream_processor.decoding import decode_eventos
from warehouse import ledger
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.ledger import FencedError, GapError, LedgerRow, OffsetRange
from warehouse.load import Slice, StagedBatch, StagedEvents, Writer, load_events
from warehouse.schema import create_tables
from warehouse.settings import StagingSettings, WarehouseSettings
from warehouse.staging import StagingArea

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TABLES = ("eventos_clientes", "vendas", "eventos_rejeitados", "ingestao", "ingestao_epocas")


def kafka_batch(values: list[bytes], *, off_from: int, partition: int) -> pa.RecordBatch:
    """Records received now, as the stream's source hands them over."""
    size = len(values)
    return pa.RecordBatch.from_pydict(
        {
            "key": pa.array([b"k"] * size, pa.binary()),
            "value": pa.array(values, pa.binary()),
            "partition": pa.array([partition] * size, pa.int32()),
            "offset": pa.array(range(off_from, off_from + size), pa.int64()),
            "timestamp": pa.array([datetime.now(UTC)] * size, pa.timestamp("us", tz="UTC")),
        }
    )


@dataclass(frozen=True)
class Store:
    """A warehouse with its staging area, and what stages a batch as the executors do."""

    warehouse: Warehouse
    area: StagingArea
    settings: WarehouseSettings

    def stage(self, values: list[bytes], *, off_from: int, partition: int = 0) -> StagedBatch:
        batch = kafka_batch(values, off_from=off_from, partition=partition)
        decoded = decode_eventos(batch, topic=TOPIC_EVENTOS)
        span = OffsetRange(partition, off_from, off_from + len(values))
        return StagedBatch(
            slices=[Slice(span, decoded.rows.num_rows, decoded.dead.num_rows)],
            events=self._events(decoded.rows) if decoded.rows.num_rows else None,
            dead_manifest=self._manifest(decoded.dead) if decoded.dead.num_rows else None,
        )

    def _events(self, rows: pa.Table) -> StagedEvents:
        moments = [moment.replace(tzinfo=UTC) for moment in rows["timestamp"].to_pylist()]
        return StagedEvents(self._manifest(rows), min(moments), max(moments))

    def _manifest(self, table: object) -> str:
        name = str(uuid4())
        file = self.area.write_table(table, f"{name}.parquet")
        return self.area.write_manifest([file], f"{name}.manifest").url

    def load(self, values: list[bytes], *, writer: Writer, off_from: int) -> list[LedgerRow]:
        batch = self.stage(values, off_from=off_from)
        return load_events(self.warehouse, batch, writer=writer, now=NOW)

    def take_over(self) -> Writer:
        with self.warehouse.transaction() as transaction:
            epoch = ledger.raise_epoch(transaction, query=QUERY_WAREHOUSE, now=NOW)
        return Writer(epoch=epoch, iam_role="default")

    def count(self, table: str) -> int:
        with self.warehouse.transaction() as transaction:
            return int(transaction.row(f"SELECT COUNT(*) FROM {table}")[0])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with (
        local_redshift(tmp_path_factory.mktemp("warehouse")) as redshift,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in redshift.environment.items():
            patch.setenv(name, value)
        settings = WarehouseSettings()
        warehouse = Warehouse(settings, application="tests")
        create_tables(warehouse)
        create_tables(warehouse)
        yield Store(warehouse, StagingArea(StagingSettings()), settings)
        warehouse.close()


@pytest.fixture
def store(running: Store) -> Store:
    with running.warehouse.transaction() as transaction:
        for table in TABLES:
            transaction.execute(f"DELETE FROM {table}")
    return running


def test_a_batch_is_written_once_however_often_it_is_offered(store: Store) -> None:
    writer = store.take_over()
    bought = purchase(quantidade=3, preco=19.9)
    values = [*encoded([event(), bought, bought]), b"\xff\x00"]
    batch = store.stage(values, off_from=5)
    (row,) = load_events(store.warehouse, batch, writer=writer, now=NOW)
    assert (row.n_read, row.n_written, row.n_duplicate, row.n_dead) == (4, 2, 1, 1)
    assert load_events(store.warehouse, batch, writer=writer, now=NOW) == []
    assert audit(store.warehouse).exact
    with store.warehouse.transaction() as transaction:
        sales = transaction.rows("SELECT id_pedido, quantidade, preco FROM vendas")
        letters = transaction.rows("SELECT motivo, conteudo FROM eventos_rejeitados")
    assert [(s[0], s[1], str(s[2])) for s in sales] == [(bought["id_pedido"], 3, "19.90")]
    assert [list(letter) for letter in letters] == [["nao_utf8", "ff00"]]


def test_a_repeat_in_a_later_batch_and_another_partition_is_found(store: Store) -> None:
    writer = store.take_over()
    first = event(timestamp=(datetime.now(UTC) - timedelta(hours=5)).isoformat())
    batches = [
        store.stage(encoded([first, event()]), off_from=0),
        store.stage(encoded([event(), first]), off_from=2),
        store.stage(encoded([first]), off_from=0, partition=1),
    ]
    rows = [load_events(store.warehouse, b, writer=writer, now=NOW)[0] for b in batches]
    assert [row.n_duplicate for row in rows] == [0, 1, 1]
    assert store.count("eventos_clientes") == 3
    assert audit(store.warehouse).exact


def test_an_old_epoch_is_refused_and_leaves_nothing(store: Store) -> None:
    old = store.take_over()
    store.take_over()
    batch = store.stage(encoded([event()]), off_from=0)
    with pytest.raises(FencedError):
        load_events(store.warehouse, batch, writer=old, now=NOW)
    assert store.count("eventos_clientes") == 0
    assert store.count("ingestao") == 0


def test_a_gap_is_refused_and_leaves_nothing(store: Store) -> None:
    writer = store.take_over()
    store.load(encoded([event()]), writer=writer, off_from=0)
    with pytest.raises(GapError):
        store.load(encoded([event()]), writer=writer, off_from=2)
    assert store.count("eventos_clientes") == 1


def test_errors_stand_on_one_axis(store: Store) -> None:
    away = store.settings.model_copy(update={"warehouse_port": 1})
    with pytest.raises(TransientError), Warehouse(away, application="t").transaction():
        pass
    with pytest.raises(PermanentError), store.warehouse.transaction() as transaction:
        transaction.execute("SELECT no_such_column FROM vendas")
    gone = StagedEvents("s3://staging/no.manifest", NOW, NOW)
    batch = StagedBatch([Slice(OffsetRange(0, 0, 1), 1, 0)], gone, None)
    writer = store.take_over()
    with pytest.raises(PermanentError):
        load_events(store.warehouse, batch, writer=writer, now=NOW)
    assert store.count("ingestao") == 0


def test_the_audit_catches_a_naive_append_that_repeats(store: Store) -> None:
    """What a sink without a ledger does when Spark replays a batch after a crash."""
    batch = store.stage(encoded([event(), event()]), off_from=0)
    writer = store.take_over()
    load_events(store.warehouse, batch, writer=writer, now=NOW)
    assert audit(store.warehouse).exact
    assert batch.events
    with store.warehouse.transaction() as transaction:
        transaction.execute(
            f"COPY eventos_clientes FROM '{batch.events.manifest}' "
            "IAM_ROLE default FORMAT AS PARQUET MANIFEST"
        )
    report = audit(store.warehouse)
    assert not report.exact
    assert any("the ledger says 2 rows, the table holds 4" in p for p in report.problems)
    assert any("2 events repeat an id_evento" in p for p in report.problems)


def test_the_audit_catches_a_ledger_keyed_by_batch_id_that_loses(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch ids restart at 0 when a checkpoint is lost: new data then looks done."""
    writer = store.take_over()
    monkeypatch.setattr(ledger, "standing", lambda _ranges, _done: ledger.Standing.NEW)
    done_batch_id = -1

    def sink(batch_id: int, off_from: int) -> None:
        nonlocal done_batch_id
        if batch_id > done_batch_id:
            store.load(encoded([event(), event()]), writer=writer, off_from=off_from)
            done_batch_id = batch_id

    sink(0, 0)
    sink(1, 2)
    assert audit(store.warehouse).exact
    for batch_id, off_from in enumerate((4, 6, 8)):
        sink(batch_id, off_from)
    report = audit(store.warehouse)
    assert not report.exact
    assert report.problems == ["partition 0: gap at offset 8"]
