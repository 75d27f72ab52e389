"""From a make-believe shop to the API: every event is in exactly one place, by id."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

import psutil
import pytest
from pymongo import MongoClient
from tests.support.kafka import group_offsets
from tests.support.open_shop import documents_of, get, minute_figures, pages, total_of
from tests.support.platform import mongo_url
from tests.support.stream import STREAM, Stream
from tests.support.waiting import wait_until

from event_contracts.names import COLLECTION_METRICAS, TOPIC_EVENTOS
from shop_simulator.record import Expected, Kind
from warehouse.history.reconciliation import reconcile

SHOP_TIMEZONE: Final = "America/Sao_Paulo"


@pytest.mark.timeout(600)
def test_every_event_is_in_exactly_one_place(shop: Stream, expected: Expected) -> None:
    report = shop.drain()
    assert report.exact, report.problems
    assert not expected.unknown
    written = [row[0] for row in shop.rows("SELECT id_evento FROM eventos_clientes")]
    assert len(written) == len(expected.events)
    assert set(written) == expected.events.keys()
    of_events = [p for p in report.partitions if p.topic == TOPIC_EVENTOS]
    assert sum(p.n_duplicate for p in of_events) == expected.repeats
    letters = shop.rows("SELECT chave, motivo FROM eventos_rejeitados")
    assert {bytes.fromhex(key).decode(): motivo for key, motivo in letters} == expected.dead


def test_kafkas_own_tools_see_how_far_the_stream_is(shop: Stream) -> None:
    servers = shop.platform.environment(STREAM)["KAFKA_BOOTSTRAP_SERVERS"]
    ends = {(name, n): end for name, t in shop.topics.items() for n, end in t.latest().items()}
    assert sum(ends.values()) > 10_000
    done = partial(group_offsets, servers, STREAM, *shop.topics)
    wait_until(lambda: done() == ends, "the group is at the end")


def test_the_api_tells_the_sums_that_the_shop_wrote_down(shop: Stream, expected: Expected) -> None:
    wait_until(lambda: _is_caught_up(shop), "the API has read the whole ledger", seconds=30)
    told = {item["id_produto"]: item for item in pages(shop, "/vendas/resumo")}
    sold = {name: p for name, p in expected.products.items() if p.units}
    assert told.keys() == sold.keys()
    for name, product in sold.items():
        assert told[name]["total_vendido"] == product.units
        assert told[name]["receita"] == f"{product.revenue:.2f}"
        assert told[name]["pedidos"] == len(product.orders)


def test_live_metrics_equal_the_record(shop: Stream, expected: Expected) -> None:
    """Of the minutes of the run itself; what came late belongs to minutes before it."""
    normal = [e for e in expected.events.values() if e.kind is Kind.NORMAL and e.timestamp]
    minutes = {e.timestamp.replace(second=0, microsecond=0) for e in normal if e.timestamp}
    views = Counter(e.id_produto for e in normal if e.tipo_evento == "clique")

    def is_told() -> bool:
        sales, seen = documents_of(shop, minutes)
        return seen == views and all(
            sales[m] == minute_figures(expected.minutes[m]) for m in minutes
        )

    wait_until(is_told, "the metrics tell what the record says", seconds=30)


def test_closed_minutes_are_what_the_warehouse_expects(shop: Stream, expected: Expected) -> None:
    """As if the stream were two hours further. What came more than an hour late is not in them."""
    now, url = datetime.now(UTC), mongo_url(shop.platform).get_secret_value()
    ahead = {"_id": "ativos/adiante", "tipo": "ativos", "usuarios": []}
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        documents = client[shop.platform.environment(STREAM)["MONGO_DATABASE"]][COLLECTION_METRICAS]
        documents.insert_one({**ahead, "atualizado_em": now + timedelta(hours=2)})
        try:
            command = [sys.executable, "-m", "platform_jobs.main", "close-minutes"]
            subprocess.run(command, env=shop.platform.environment("setup"), check=True, timeout=60)
        finally:
            documents.delete_one({"_id": ahead["_id"]})
    closed = {
        minuto.replace(tzinfo=UTC): (orders, units, revenue)
        for minuto, orders, units, revenue in shop.rows(
            "SELECT minuto, pedidos, unidades, receita FROM metricas_minuto"
        )
    }
    sold = {m: minute_figures(totals) for m, totals in expected.minutes.items()}
    last = max(e.timestamp for e in expected.events.values() if e.timestamp)
    in_time = [m for m in closed if m > last - timedelta(minutes=50)]
    assert len(in_time) >= 50
    nothing = (0, 0, Decimal(0))
    assert {m: closed[m] for m in in_time} == {m: sold.get(m, nothing) for m in in_time}
    days = [(now - timedelta(days=n)).date() for n in range(2)]
    rows = [
        row
        for day in days
        for row in reconcile(shop.warehouse, day, timezone=SHOP_TIMEZONE, now=now)
    ]
    wanted = total_of({m: figures for m, figures in sold.items() if m in closed})
    for n, figura in enumerate(("pedidos", "unidades", "receita")):
        of_days = [row for row in rows if row.figura == figura]
        assert sum(row.minutos for row in of_days) == len(closed)
        assert sum(row.ao_vivo or 0 for row in of_days) == total_of(closed)[n]
        assert sum(row.ao_vivo_esperado or 0 for row in of_days) == wanted[n]


def _is_caught_up(shop: Stream) -> bool:
    answer = get(shop, "/pipeline/conciliacao").json()
    return bool(answer["particoes"]) and all(p["atraso"] == 0 for p in answer["particoes"])


def test_no_part_keeps_a_file_outside_the_state_folder(shop: Stream) -> None:
    """As far as the shared folder for temporary files goes; its statistics Java removes itself."""
    machine = Path(gettempdir())
    own = (shop.platform.layout.root, shop.platform.layout.cache, sys.prefix)
    files = {
        file
        for name in shop.platform.names
        for pid in shop.platform.process_ids(name)
        for file in _files(pid)
        if file.is_relative_to(machine) and not any(file.is_relative_to(path) for path in own)
    }
    assert {file for file in files if not file.parent.name.startswith("hsperfdata_")} == set()
    assert list(shop.platform.layout.temporary_of(STREAM).glob("spark-*"))


def _files(pid: int) -> set[Path]:
    """What a process has open or mapped; a short one of Spark's may be gone by now."""
    try:
        process = psutil.Process(pid)
        return {Path(file.path) for file in (*process.open_files(), *process.memory_maps())}
    except psutil.NoSuchProcess:
        return set()


def test_the_smallest_event_put_on_kafka_by_any_producer_ends_as_a_row(shop: Stream) -> None:
    """After all that looks at the record, which knows nothing of this event."""
    seed = (
        b'{"id_usuario": "u123", "tipo_evento": "clique", "id_produto": "p456", '
        b'"timestamp": "2025-05-14T19:16:00"}'
    )
    shop.put([seed])
    assert shop.drain().exact
    ((partition, offset, name, *row),) = shop.rows(
        'SELECT kafka_partition, kafka_offset, id_evento, tipo_evento, id_produto, "timestamp" '
        "FROM eventos_clientes WHERE id_usuario = %s",
        ("u123",),
    )
    assert row == ["clique", "p456", datetime(2025, 5, 14, 19, 16)]  # noqa: DTZ001
    assert name == f"eventos_clientes-{partition}-{offset}"
