"""The simulator's exports on a real S3: the record is right, and a second run changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest
from tests.support.exports import FORMATS_BY_NAME, clean, read_back
from tests.support.redshift import CREDENTIALS, s3_server
from tests.support.waiting import wait_until

from shop_simulator.export_record import decode_days
from shop_simulator.export_storage import ExportBucket
from shop_simulator.export_thread import export_in_thread
from shop_simulator.exporter import Exporter
from shop_simulator.live_sales import LiveSales, as_exported
from shop_simulator.record import Entry, Kind
from shop_simulator.settings import Settings
from shop_simulator.shop_factory import build_shop

SHOP = build_shop(7, customers=200)
TODAY = date(2026, 11, 29)
LAST_DAY = "vendas/data=2026-11-28/"


@dataclass(frozen=True)
class Bucket:
    """A bucket of the test's own."""

    url: str
    name: str = field(default_factory=lambda: f"loja-{uuid4().hex}")

    @property
    def s3(self) -> Any:
        return boto3.client("s3", endpoint_url=self.url)

    def create(self) -> None:
        self.s3.create_bucket(Bucket=self.name)

    def objects(self) -> dict[str, tuple[str, datetime]]:
        """ETag and date by key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        found = [each for page in pages for each in page.get("Contents", [])]
        return {each["Key"]: (each["ETag"], each["LastModified"]) for each in found}

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with s3_server() as url:
            yield url


@pytest.fixture
def bucket(server: str) -> Bucket:
    return Bucket(server)


def settings_for(bucket: Bucket, tmp_path: Path, **changes: Any) -> Settings:
    told = {
        "export_url": f"s3://{bucket.name}",
        "s3_endpoint_url": bucket.url,
        "export_record_path": tmp_path / "exports.jsonl",
        "history_days": 5,
    }
    return Settings(**told | changes)


def export_once(settings: Settings, today: date = TODAY) -> None:
    exporter = exporter_for(settings)
    exporter.write_catalogue()
    exporter.write_history(today)


def exporter_for(
    settings: Settings, *, sales: LiveSales | None = None, stop: Event | None = None
) -> Exporter:
    url = settings.export_url
    assert url
    return Exporter(SHOP, settings, sales=sales, url=url, stop=stop or Event())


def test_what_is_there_is_what_the_record_says(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create()
    export_once(settings_for(bucket, tmp_path))
    days = decode_days((tmp_path / "exports.jsonl").read_bytes().splitlines(keepends=True))
    assert (len(days), min(days), max(days)) == (5, date(2026, 11, 24), date(2026, 11, 28))
    for entry in days.values():
        files = [(f.arquivo, FORMATS_BY_NAME[f.formato]) for f in entry.arquivos]
        sales = clean(read_back(bucket.read(path), form) for path, form in files)
        assert len(sales) == entry.linhas > 0
        assert sum(row[3] * row[4] for row in sales) == entry.receita
    paths = {f.arquivo for entry in days.values() for f in entry.arquivos}
    assert bucket.objects().keys() == paths | {"produtos/catalogo.csv"}


def test_again_it_changes_nothing_and_repairs_what_is_not_right(
    bucket: Bucket, tmp_path: Path
) -> None:
    bucket.create()
    settings = settings_for(bucket, tmp_path)
    export_once(settings)
    first = bucket.objects()
    gone, other = sorted(first)[:2]
    bucket.s3.delete_object(Bucket=bucket.name, Key=gone)
    bucket.s3.put_object(Bucket=bucket.name, Key=other, Body=b"other")
    export_once(settings)
    second = bucket.objects()
    assert {key: etag for key, (etag, _) in second.items()} == {
        key: etag for key, (etag, _) in first.items()
    }
    left = first.keys() - {gone, other}
    assert {key: second[key] for key in left} == {key: first[key] for key in left}


def test_the_next_day_adds_one_day(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create()
    settings = settings_for(bucket, tmp_path, export_url=f"s3://{bucket.name}/loja/1")
    export_once(settings)
    before = bucket.objects()
    export_once(settings, date(2026, 11, 30))
    added = bucket.objects().keys() - before.keys()
    assert added
    assert all(key.startswith("loja/1/vendas/data=2026-11-29/") for key in added)
    assert {key: bucket.objects()[key] for key in before} == before


def test_what_is_the_same_is_not_written(bucket: Bucket) -> None:
    bucket.create()
    place = ExportBucket(f"s3://{bucket.name}/a", region="us-east-1", endpoint_url=bucket.url)
    assert [place.put("b", content) for content in (b"1", b"1", b"2")] == [True, False, True]
    assert bucket.read("a/b") == b"2"


def test_a_bucket_that_comes_late_is_waited_for(bucket: Bucket, tmp_path: Path) -> None:
    settings = settings_for(bucket, tmp_path, history_days=2)
    with export_in_thread(SHOP, settings, None, today=TODAY):
        bucket.create()
        wait_until(lambda: has(bucket, LAST_DAY), "both days are there", seconds=60)


def test_what_s3_lost_is_written_again(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create()
    settings = settings_for(bucket, tmp_path, history_days=2, export_every_seconds=0.1)
    with export_in_thread(SHOP, settings, None, today=TODAY):
        wait_until(lambda: has(bucket, LAST_DAY), "both days are there", seconds=60)
        for key in bucket.objects():
            bucket.s3.delete_object(Bucket=bucket.name, Key=key)
        wait_until(lambda: has(bucket, LAST_DAY), "they are there again", seconds=60)


def test_live_sales_are_exported_as_they_grow(bucket: Bucket, tmp_path: Path) -> None:
    bucket.create()
    settings = settings_for(bucket, tmp_path, history_days=0, export_every_seconds=0.1)
    sales = LiveSales(SHOP.customers)
    with export_in_thread(SHOP, settings, sales, today=TODAY):
        for number in range(50):
            sales.add(purchase(number))
        wait_until(lambda: exported(bucket) == expected(sales), "they are there", seconds=60)
        for number in range(50, 100):
            sales.add(purchase(number))
        wait_until(lambda: exported(bucket) == expected(sales), "more are there", seconds=60)
    assert len(exported(bucket)) > 90


def test_it_ends_while_s3_is_away(bucket: Bucket, tmp_path: Path) -> None:
    stop = Event()
    thread = Thread(
        target=exporter_for(settings_for(bucket, tmp_path), stop=stop).run, args=(TODAY,)
    )
    thread.start()
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert (tmp_path / "exports.jsonl").read_bytes() == b""


def test_without_a_url_nothing_runs(bucket: Bucket, tmp_path: Path) -> None:
    settings = settings_for(bucket, tmp_path, export_url=None)
    with export_in_thread(SHOP, settings, None, today=TODAY):
        assert not (tmp_path / "exports.jsonl").exists()


def has(bucket: Bucket, prefix: str) -> bool:
    return any(key.startswith(prefix) for key in bucket.objects())


def exported(bucket: Bucket) -> dict[str, Decimal]:
    """Prices by order in the file of the live sales."""
    path = f"vendas/data={TODAY}/parcial.csv"
    if not has(bucket, path):
        return {}
    return {row[0]: row[4] for row in read_back(bucket.read(path), FORMATS_BY_NAME["csv"])}


def expected(sales: LiveSales) -> dict[str, Decimal]:
    return {line.id_pedido: line.preco for line in as_exported(sales.by_day()[TODAY])}


def purchase(number: int) -> Entry:
    return Entry(
        kind=Kind.NORMAL,
        id_usuario=SHOP.customers[0].id_usuario,
        tipo_evento="compra",
        id_produto=SHOP.products[0].id_produto,
        timestamp=datetime(2026, 11, 29, 15, tzinfo=UTC),
        id_pedido=f"pedido-{number}",
        quantidade=1,
        preco=Decimal("10.00"),
    )
