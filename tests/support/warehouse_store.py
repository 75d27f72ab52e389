"""A warehouse with its staging area, and what stages batches of the stream there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from tests.support.redshift import LocalRedshift

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_ESTOQUE, TOPIC_EVENTOS
from stream_processor.feeds.eventos import decode_eventos
from warehouse import ledger, tables
from warehouse.arrow_schema import arrow_schema
from warehouse.connection import Warehouse
from warehouse.feeds.feed import Bounds
from warehouse.ledger import OffsetRange
from warehouse.ledger_row import LedgerRow
from warehouse.load import Slice, StagedBatch, StagedRecords, Writer, load_batch
from warehouse.migrations import known_migrations, migrate
from warehouse.settings import StagingSettings, WarehouseSettings
from warehouse.staging import StagedFile, StagingArea
from warehouse.transaction import Row, Transaction

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


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

    def stage(
        self, values: list[bytes], *, off_from: int, partition: int = 0, absent: int = 0
    ) -> StagedBatch:
        """Records at `off_from` and on, and after them offsets that hold none."""
        batch = kafka_batch(values, off_from=off_from, partition=partition)
        decoded = decode_eventos(batch)
        span = OffsetRange(TOPIC_EVENTOS, partition, off_from, off_from + len(values) + absent)
        rows, dead = decoded.rows, decoded.dead
        moments = [moment.replace(tzinfo=UTC) for moment in rows["timestamp"].to_pylist()]
        return StagedBatch(
            slices=[Slice(span, rows.num_rows, dead.num_rows)],
            records=[self._records(TOPIC_EVENTOS, rows, moments)] if moments else [],
            dead_manifest=self.manifest(dead) if dead.num_rows else None,
        )

    def stage_stock(self, rows: Sequence[tuple[Any, ...]]) -> StagedBatch:
        """Stock updates, each a row of its table in one partition of following offsets."""
        schema = arrow_schema(tables.ATUALIZACOES)
        columns = zip(*rows, strict=True)
        arrays = [pa.array(c, kind) for c, kind in zip(columns, schema.types, strict=True)]
        table = pa.Table.from_arrays(arrays, schema=schema)
        offsets = [row[5] for row in rows]
        span = OffsetRange(TOPIC_ESTOQUE, rows[0][4], min(offsets), max(offsets) + 1)
        moments = [row[2].replace(tzinfo=UTC) for row in rows]
        records = self._records(TOPIC_ESTOQUE, table, moments)
        return StagedBatch([Slice(span, len(rows), 0)], [records], None)

    def _records(self, topic: str, table: pa.Table, moments: list[datetime]) -> StagedRecords:
        return StagedRecords(topic, self.manifest(table), Bounds(min(moments), max(moments)))

    def manifest(self, table: pa.Table) -> str:
        """Put the rows on S3; the URL of a manifest that lists them."""
        return self.area.write_manifest([self.file(table)], f"{uuid4()}.manifest").url

    def file(self, table: pa.Table) -> StagedFile:
        """Put the rows on S3."""
        return self.area.write_table(table, f"{uuid4()}.parquet")

    def load(self, values: list[bytes], *, writer: Writer, off_from: int) -> list[LedgerRow]:
        batch = self.stage(values, off_from=off_from)
        return load_batch(self.warehouse, batch, writer=writer, now=NOW)

    def take_over(self) -> Writer:
        with self.warehouse.transaction() as transaction:
            epoch = ledger.raise_epoch(transaction, query=QUERY_WAREHOUSE, now=NOW)
        return Writer(epoch=epoch, iam_role="default")

    def rows(self, statement: str) -> list[Row]:
        with self.warehouse.transaction() as transaction:
            return transaction.rows(statement)

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT COUNT(*) FROM {table}")[0][0])

    def empty(self) -> None:
        """Remove all rows, but not the record of the migrations."""
        with self.warehouse.transaction() as transaction:
            empty_tables(transaction)


def empty_tables(transaction: Transaction) -> None:
    """Remove all rows, but not the record of the migrations."""
    for table in tables.TABLES:
        if table is not tables.MIGRACOES:
            transaction.execute(f"DELETE FROM {table.name}")


@contextmanager
def running_store(redshift: LocalRedshift) -> Iterator[Store]:
    """All tables, new and empty, in a schema of their own."""
    own = {"WAREHOUSE_SCHEMA": f"tests_{uuid4().hex}"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**redshift.environment, **own}.items():
            patch.setenv(name, value)
        settings = WarehouseSettings()
        warehouse = Warehouse(settings, application="tests")
        assert migrate(warehouse, now=NOW) == known_migrations()
        assert migrate(warehouse, now=NOW) == []
        yield Store(warehouse, StagingArea(StagingSettings()), settings)
        warehouse.close()
