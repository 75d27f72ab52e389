"""From a make-believe shop to the API: every event is in exactly one place, by id."""

import sys
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import gettempdir

import psutil
import pytest
from tests.support.closed_shop import ClosedShop, minute_of, normal_events
from tests.support.kafka import group_offsets
from tests.support.open_shop import minute_figures, total_of
from tests.support.stream import STREAM, Stream
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS


@pytest.mark.timeout(600)
def test_every_event_is_in_exactly_one_place(closed_shop: ClosedShop) -> None:
    expected, report = closed_shop.expected, closed_shop.report
    assert report.exact, report.problems
    assert not expected.unknown
    assert len(closed_shop.written) == len(expected.events)
    assert set(closed_shop.written) == expected.events.keys()
    of_events = [p for p in report.partitions if p.topic == TOPIC_EVENTOS]
    assert sum(p.n_duplicate for p in of_events) == expected.repeats
    assert closed_shop.dead == expected.dead


def test_kafkas_own_tools_see_how_far_the_stream_is(shop: Stream) -> None:
    servers = shop.platform.environment(STREAM)["KAFKA_BOOTSTRAP_SERVERS"]
    ends = {(name, n): end for name, t in shop.topics.items() for n, end in t.latest().items()}
    assert sum(ends.values()) > 10_000
    done = partial(group_offsets, servers, STREAM, *shop.topics)
    wait_until(lambda: done() == ends, "the group is at the end")


def test_the_api_tells_the_sums_that_the_shop_wrote_down(closed_shop: ClosedShop) -> None:
    sold = {name: p for name, p in closed_shop.expected.products.items() if p.units}
    assert closed_shop.products.keys() == sold.keys()
    for name, product in sold.items():
        assert closed_shop.products[name]["total_vendido"] == product.units
        assert closed_shop.products[name]["receita"] == f"{product.revenue:.2f}"
        assert closed_shop.products[name]["pedidos"] == len(product.orders)


def test_live_metrics_equal_the_record(closed_shop: ClosedShop) -> None:
    """Of the minutes of the run itself; what came late belongs to minutes before it."""
    normal = normal_events(closed_shop.expected)
    assert closed_shop.views == Counter(e.id_produto for e in normal if e.tipo_evento == "clique")
    minutes = {minute_of(event) for event in normal}
    figures = {m: minute_figures(closed_shop.expected.minutes[m]) for m in minutes}
    assert {m: closed_shop.sales[m] for m in minutes} == figures


def test_closed_minutes_are_what_the_warehouse_expects(closed_shop: ClosedShop) -> None:
    """What came more than an hour late is not in them."""
    minutes, expected = closed_shop.closed, closed_shop.expected
    sold = {m: minute_figures(totals) for m, totals in expected.minutes.items()}
    last = max(e.timestamp for e in expected.events.values() if e.timestamp)
    in_time = [m for m in minutes if m > last - timedelta(minutes=50)]
    assert len(in_time) >= 50
    nothing = (0, 0, Decimal(0))
    assert {m: minutes[m] for m in in_time} == {m: sold.get(m, nothing) for m in in_time}
    wanted = total_of({m: figures for m, figures in sold.items() if m in minutes})
    for n, figura in enumerate(("pedidos", "unidades", "receita")):
        of_days = [row for row in closed_shop.reconciled if row.figura == figura]
        assert sum(row.minutos for row in of_days) == len(minutes)
        assert sum(row.ao_vivo or 0 for row in of_days) == total_of(minutes)[n]
        assert sum(row.ao_vivo_esperado or 0 for row in of_days) == wanted[n]


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
