"""From a make-believe shop to the API: every event is in exactly one place, by id."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final
from uuid import uuid4

import httpx
import psutil
import pytest
from playwright.sync_api import expect
from pymongo import MongoClient
from tests.support.browser import chromium
from tests.support.kafka import TopicReader, group_offsets
from tests.support.platform import REPOSITORY, local_settings, mongo_url
from tests.support.stream import STREAM, Stream, encoded, event, purchase
from tests.support.topic_tables import TopicTables
from tests.support.waiting import wait_until

from event_contracts.names import (
    COLLECTION_METRICAS,
    COLLECTION_PERFIS,
    TOPIC_ESTOQUE,
    TOPIC_EVENTOS,
)
from shop_simulator.record import Expected, Kind, MinuteTotals, decode_entries, expected_of
from shop_simulator.stock import LOCATIONS
from shop_simulator.stock_faults import Falha
from vitrine_local.platform import LocalPlatform
from warehouse.history.reconciliation import reconcile

EVENTS = 20_000
SHOP_TIMEZONE = "America/Sao_Paulo"
SIMULATOR = "shop-simulator"
SEED = 7
SOLD_OUT = "p015-suporte-para-celular"
"""Of that seed, long before the shop closes."""
FAULTS = {
    "MAX_EVENTS": str(EVENTS),
    "EVENTS_PER_SECOND": "1000",
    "TIME_COMPRESSION": "0",
    "SHARE_LATE": "0.02",
    "SHARE_REPEATED": "0.02",
    "SHARE_BROKEN": "0.01",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("shop"), seed=SEED)) as platform:
        platform.start(["event-producer", STREAM, "analytics-api"])
        platform.start_part(SIMULATOR, FAULTS)
        _start_poller(platform, poll_seconds=0.5)
        stream = Stream.of(platform)
        wait_until(lambda: not platform.process_ids(SIMULATOR), "the shop closes", seconds=240)
        platform.stop("inventory-poller")
        # Or it would leave out those levels of the next shop that are the same with another date.
        Path(platform.environment("inventory-poller")["STATE_PATH"]).unlink()
        wait_until(stream.is_drained, "the ledger reaches Kafka's end")
        yield stream


@pytest.fixture(scope="module")
def expected(shop: Stream) -> Expected:
    record = Path(shop.platform.environment(SIMULATOR)["RECORD_PATH"])
    entries = decode_entries(record.read_bytes().splitlines(keepends=True))
    assert len(entries) == EVENTS
    kinds = Counter(entry.kind for entry in entries)
    assert all(kinds[kind] >= 50 for kind in Kind), kinds
    return expected_of(entries)


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
    assert sum(ends.values()) > EVENTS // 2
    done = partial(group_offsets, servers, STREAM, *shop.topics)
    wait_until(lambda: done() == ends, "the group is at the end")


def test_the_api_tells_the_sums_that_the_shop_wrote_down(shop: Stream, expected: Expected) -> None:
    wait_until(lambda: _is_caught_up(shop), "the API has read the whole ledger", seconds=30)
    told = {item["id_produto"]: item for item in _pages(shop, "/vendas/resumo")}
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
        sales, seen = _documents(shop, minutes)
        return seen == views and all(sales[m] == _figures(expected.minutes[m]) for m in minutes)

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
    sold = {m: _figures(totals) for m, totals in expected.minutes.items()}
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
    wanted = _total({m: figures for m, figures in sold.items() if m in closed})
    for n, figura in enumerate(("pedidos", "unidades", "receita")):
        of_days = [row for row in rows if row.figura == figura]
        assert sum(row.minutos for row in of_days) == len(closed)
        assert sum(row.ao_vivo or 0 for row in of_days) == _total(closed)[n]
        assert sum(row.ao_vivo_esperado or 0 for row in of_days) == wanted[n]


def _is_caught_up(shop: Stream) -> bool:
    answer = _get(shop, "/pipeline/conciliacao").json()
    return bool(answer["particoes"]) and all(p["atraso"] == 0 for p in answer["particoes"])


def _get(shop: Stream, path: str) -> httpx.Response:
    port = shop.platform.settings.deployable_ports["analytics-api"]
    return httpx.get(f"http://127.0.0.1:{port}{path}").raise_for_status()


def _pages(shop: Stream, path: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = _get(shop, f"{path}?limite=50{f'&cursor={cursor}' if cursor else ''}").json()
        yield from page["itens"]
        cursor = page["proximo_cursor"]


def _figures(totals: MinuteTotals) -> tuple[int, int, Decimal]:
    return len(totals.orders), totals.units, totals.revenue


def _documents(
    shop: Stream, minutes: set[datetime] | None = None
) -> tuple[dict[datetime, tuple[int, int, Decimal]], Counter[str | None]]:
    """Sales per minute, all or these, and views per product, summed over partitions."""
    environment = shop.platform.environment(STREAM)
    url = mongo_url(shop.platform).get_secret_value()
    sales = defaultdict(lambda: (0, 0, Decimal(0)))
    views: Counter[str | None] = Counter()
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        documents = client[environment["MONGO_DATABASE"]][COLLECTION_METRICAS]
        for found in documents.find({"tipo": "minuto"}):
            if minutes is not None and found["minuto"] not in minutes:
                continue
            orders, units, revenue = sales[found["minuto"]]
            more = (found["pedidos"], found["unidades"], Decimal(found["receita"]))
            sales[found["minuto"]] = (orders + more[0], units + more[1], revenue + more[2])
            views.update({v["id_produto"]: v["n"] for v in found["visualizacoes"]})
    return sales, views


def _total(sales: Mapping[datetime, tuple[int, int, Decimal]]) -> tuple[int, int, Decimal]:
    """A minute may gain a document that says zero."""
    orders, units, revenue = zip((0, 0, Decimal(0)), *sales.values(), strict=True)
    return sum(orders), sum(units), sum(revenue, start=Decimal(0))


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


@pytest.fixture(scope="module")
def tables(shop: Stream) -> TopicTables:
    """Of all that is on Kafka, with a customer whom the shop does not know, whose click
    comes twice, who buys what was sold out and sends a part of it back."""
    who = {"id_usuario": "sem-perfil", "id_produto": SOLD_OUT}
    seen, added = event(**who), event(**who, tipo_evento="adicao_carrinho")
    bought = purchase(**who, quantidade=3)
    back = bought | {"id_evento": str(uuid4()), "tipo_evento": "devolucao", "quantidade": 1}
    shop.put(encoded([seen, added, bought, back, seen]))
    assert shop.drain().exact
    environment = shop.platform.environment(STREAM)
    records = {
        name: TopicReader(environment["KAFKA_BOOTSTRAP_SERVERS"], name, len(topic.latest())).read()
        for name, topic in shop.topics.items()
    }
    url = mongo_url(shop.platform).get_secret_value()
    with MongoClient[dict[str, Any]](url) as client:
        profiles = list(client[environment["MONGO_DATABASE"]][COLLECTION_PERFIS].find())
    return TopicTables(
        events=records[TOPIC_EVENTOS],
        updates=records[TOPIC_ESTOQUE],
        profiles=profiles,
        record=Path(shop.platform.environment(SIMULATOR)["RECORD_PATH"]),
    )


def test_the_funnel_equals_a_computation_over_the_topic(shop: Stream, tables: TopicTables) -> None:
    def differences() -> list[object]:
        told = _get(shop, "/metricas/funil").json()
        since, counted = (datetime.fromisoformat(told[n]) for n in ("desde", "contado_em"))
        assert since == counted.replace(second=0, microsecond=0) - timedelta(minutes=59)
        figures = (told["clicaram"], told["adicionaram"], told["compraram"])
        assert min(figures) > 0
        return [] if figures == tables.funnel(since) else [figures, tables.funnel(since)]

    _settle(differences)


def test_states_and_segments_equal_a_computation_over_the_topic(
    shop: Stream, tables: TopicTables
) -> None:
    def differences() -> list[object]:
        last = datetime.now(UTC).replace(second=0, microsecond=0)
        told, first = _get(shop, "/metricas/regioes").json(), last - timedelta(minutes=59)
        states = _sums(told["estados"], "estado", "regiao")
        segments = _sums(told["segmentos"], "segmento")
        assert len(states) > 10
        return [
            (seen, computed)
            for seen, computed in (
                (states, tables.sums(("estado", "regiao"), first, last)),
                (segments, tables.sums(("segmento",), first, last)),
            )
            if seen != computed
        ]

    _settle(differences)


def test_lost_sales_equal_a_computation_over_the_topics(shop: Stream, tables: TopicTables) -> None:
    found = tables.sold_out(datetime.now(UTC))
    assert SOLD_OUT in found
    for name in sorted(found):
        wait_until(partial(_lost_sales, shop, name), "they are estimated")
        told = _lost_sales(shop, name) or {}
        since, until = (datetime.fromisoformat(told.pop(n)) for n in ("desde", "ate"))
        computed = asdict(tables.lost(name, since, until))
        print(f"{name}: {computed}")
        assert told | {"receita": float(told["receita"])} == pytest.approx(computed, abs=0.006)


def _lost_sales(shop: Stream, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _get(shop, f"/estoque/{name}").json()["vendas_perdidas"]
    return found


def _settle(differences: Callable[[], list[object]]) -> None:
    """Wait until there are none."""
    try:
        wait_until(lambda: not differences(), "the figures are what the topic says", seconds=60)
    except AssertionError as error:
        raise AssertionError(differences()) from error


def _sums(
    rows: Iterable[dict[str, Any]], *names: str
) -> dict[tuple[str, ...], tuple[int, int, Decimal, int]]:
    """Orders, units, revenue and views, where there are any."""
    return {
        tuple(row[name] for name in names): figures
        for row in rows
        if any(
            figures := (
                row["pedidos"],
                row["unidades"],
                Decimal(row["receita"]),
                row["visualizacoes"],
            )
        )
    }


def test_the_charts_own_probe_comes_out_and_sells_nothing(shop: Stream) -> None:
    """After those that wait until every figure is up to date."""
    url_of = shop.platform.settings.url_of
    urls = {"EVENT_PRODUCER_URL": url_of("event-producer"), "API_URL": url_of("analytics-api")}
    live = f"{url_of('analytics-api')}/metricas/tempo_real"
    sold = "SELECT COUNT(*), SUM(quantidade * preco) FROM vendas"
    before = shop.rows(sold), httpx.get(live).json()["vendas_hoje"]
    sales, views = _documents(shop)
    done = subprocess.run(
        [sys.executable, "-c", (REPOSITORY / "charts/vitrine/files/probe.py").read_text()],
        env=os.environ | urls,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert (done.returncode, done.stderr) == (0, "")
    print(done.stdout)
    assert len(re.findall(r"in the warehouse [0-9.]+ s after it was sent", done.stdout)) == 2
    assert shop.drain().exact
    assert (shop.rows(sold), httpx.get(live).json()["vendas_hoje"]) == before
    own = "FROM eventos_clientes WHERE id_usuario = %s"
    events = shop.rows(f"SELECT tipo_evento, COUNT(*) {own} GROUP BY 1", ("helm-test",))
    assert [list(row) for row in events] == [["sonda", 2]]
    marker = event(id_usuario="helm-test", id_produto="after-the-probes")
    httpx.post(f"{url_of('event-producer')}/eventos", json=marker).raise_for_status()
    expected_views = views + Counter({"after-the-probes": 1})
    wait_until(lambda: _documents(shop)[1] == expected_views, "the click alone is counted")
    after, _ = _documents(shop)
    assert _total(after) == _total(sales)


def test_what_is_bought_on_the_shops_page_shows_on_the_live_page(shop: Stream) -> None:
    shop.platform.stop(SIMULATOR)
    shop.platform.start_part(SIMULATOR, {"EVENTS_PER_SECOND": "0.000001", "TIME_COMPRESSION": "0"})
    with chromium() as browser:
        live, store = browser.new_page(), browser.new_page()
        live.goto(f"{shop.platform.settings.url_of('analytics-api')}")
        store.goto(f"{shop.platform.settings.url_of('shop-simulator')}")
        orders = live.locator("#pedidos-hoje")
        expect(orders).to_have_attribute("data-valor", re.compile("[1-9]"), timeout=30_000)
        before = int(orders.get_attribute("data-valor") or "")
        store.locator(".adicionar").first.click()
        store.get_by_role("button", name="Comprar").click()
        expect(orders).to_have_attribute("data-valor", str(before + 1), timeout=60_000)
    assert shop.drain().exact


def test_stock_is_what_the_shops_own_locations_say(shop: Stream) -> None:
    """After a new start of the shop, which fills its shelves, and while customers buy from them.
    Each location's API has had every fault by then."""
    shop.platform.stop(SIMULATOR)
    shop.platform.start_part(SIMULATOR, {"EVENTS_PER_SECOND": "40", "TIME_COMPRESSION": "0"})
    url = shop.platform.settings.url_of(SIMULATOR)
    assert set(_FAULTS_IN_TURN) == set(Falha)
    for fault in _FAULTS_IN_TURN:
        for name in LOCATIONS:
            httpx.post(f"{url}/armazens/{name}/falhas", json={"tipo": fault}).raise_for_status()
    _start_poller(shop.platform, poll_seconds=1, timeout_seconds=2)
    wait_until(lambda: not any(map(partial(_faults_left, url), LOCATIONS)), "all faults were met")
    first, seen = _shop_levels(shop), dict[tuple[str, str, datetime], float]()

    def is_the_shops() -> bool:
        """As far as the shop's level is older than the way to the API takes."""
        own, told, now = _shop_levels(shop), _told_levels(shop), datetime.now(UTC)
        for place, (_, moment) in told.items():
            seen.setdefault((*place, moment), (now - moment).total_seconds())
        settled = {place: of for place, of in own.items() if now - of[1] > _SETTLED}
        bought = [place for place in settled if own[place] != first[place]]
        return (
            len(bought) >= 3
            and own.keys() == told.keys()
            and settled.items() <= told.items()
            and settled.items() <= _kept_levels(shop).items()
        )

    wait_until(is_the_shops, "the API tells the shop's levels", seconds=180, every=0.5)
    assert _kept_levels(shop).keys() == first.keys()
    begun = max(moment for _, moment in first.values())
    after = [age for (*_, moment), age in seen.items() if moment > begun]
    print(
        f"{len(after)} changes, shown {min(after):.1f} to {max(after):.1f} s after they were made"
    )
    shop.platform.stop(SIMULATOR)
    assert shop.drain().exact


_FAULTS_IN_TURN: Final = (
    *(Falha.LENTA, Falha.ERRO, Falha.LIMITE, Falha.HTML, Falha.MENTIRA),
    *(Falha.TRUNCADA, Falha.REPETIDA, Falha.FORA),
)
"""A lie is no failure: in their middle it keeps the circuit breaker closed."""


def _start_poller(platform: LocalPlatform, **changes: float) -> None:
    """With other times than a shop's, so that a test takes less."""
    sources = json.loads(platform.environment("inventory-poller")["STOCK_APIS"])
    told = {"STOCK_APIS": json.dumps([source | changes for source in sources])}
    platform.start_part("inventory-poller", told)


def _faults_left(url: str, location: str) -> int:
    left: int = httpx.get(f"{url}/armazens/{location}/falhas").json()["respostas"]
    return left


_SETTLED: Final = timedelta(seconds=10)
Levels = dict[tuple[str, str], tuple[int, datetime]]


def _shop_levels(shop: Stream) -> Levels:
    """Level and moment by location and product, as the shop itself has them."""
    url = shop.platform.settings.url_of(SIMULATOR)
    levels: Levels = {}
    for name in LOCATIONS:
        answer = httpx.get(f"{url}/armazens/{name}/estoque").raise_for_status().json()
        assert not answer["mais"]
        levels |= {(name, level["id_produto"]): _level(level) for level in answer["estoque"]}
    return levels


def _told_levels(shop: Stream) -> Levels:
    return {
        (level["id_armazem"], product["id_produto"]): _level(level)
        for product in _pages(shop, "/estoque")
        for level in product["armazens"]
    }


def _kept_levels(shop: Stream) -> Levels:
    """In the warehouse."""
    rows = shop.rows(
        "SELECT id_armazem, id_produto, nivel_estoque, ultima_atualizacao FROM estoque"
    )
    return {
        (location, product): (units, _to_millisecond(moment.replace(tzinfo=UTC)))
        for location, product, units, moment in rows
    }


def _level(level: Mapping[str, Any]) -> tuple[int, datetime]:
    moment = datetime.fromisoformat(level["ultima_atualizacao"])
    return level["nivel_estoque"], _to_millisecond(moment)


def _to_millisecond(moment: datetime) -> datetime:
    """As the API tells moments."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
