"""analytics-api before a real warehouse, a real Kafka and a document store."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from tests.support.platform import free_ports
from tests.support.shop import (
    API,
    Sale,
    Shop,
    active_document,
    insert,
    minute_document,
    running_shop,
    wait_for,
)

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from warehouse import ledger

PLAIN_COUNT = (
    "SELECT id_produto, SUM(quantidade), SUM(quantidade * preco), COUNT(DISTINCT id_pedido) "
    "FROM vendas {} GROUP BY id_produto ORDER BY id_produto"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def plain(shop: Shop, where: str = "") -> list[tuple[str, int, Decimal, int]]:
    return [(p, int(n), v, int(o)) for p, n, v, o in shop.rows(PLAIN_COUNT.format(where))]


def told(shop: Shop, **parameters: str) -> list[tuple[str, int, Decimal, int]]:
    return [
        (i["id_produto"], i["total_vendido"], Decimal(i["receita"]), i["pedidos"])
        for i in shop.items(**parameters)
    ]


def test_an_empty_shop_has_answers(shop: Shop) -> None:
    assert shop.get("/readyz").status_code == 200
    assert shop.items() == []
    assert shop.get("/metricas/tempo_real").json()["vendas_hoje"]["receita"] == "0.00"


def test_what_is_committed_shows_within_a_second(shop: Shop) -> None:
    shop.commit(Sale("o1", "p-first", 3, "49.90"))
    took = wait_for(lambda: bool(shop.items(id_produto="p-first")), "the sale shows")
    assert took < 1.5
    assert told(shop, id_produto="p-first") == [("p-first", 3, Decimal("149.70"), 1)]


def test_batch_by_batch_amounts_to_the_plain_count(shop: Shop) -> None:
    day = datetime(2025, 3, 10, 2, 30, tzinfo=UTC)
    batches = [
        [Sale("a", "p1", 1, data=day), Sale("a", "p1", 2, data=day), Sale("a", "p2", data=day)],
        [Sale("a", "p1", 5, "0.01", day), Sale("b", "p1", data=day + timedelta(hours=1))],
        [Sale("a", "p1", data=day + timedelta(days=2)), Sale("c", "p3", data=day)],
        [Sale("a", "p1", data=day + timedelta(days=1)), Sale("a", "p2", data=day)],
    ]
    for partition, batch in enumerate(batches):
        shop.commit(*batch, partition=partition % 2)
        wait_for(lambda: told(shop) == plain(shop), "the API tells what the warehouse holds")
    local = "CAST(data AT TIME ZONE 'UTC' AT TIME ZONE 'America/Sao_Paulo' AS DATE)"
    for inicio, fim in [("2025-03-09", "2025-03-09"), ("2025-03-10", "2025-03-11")]:
        where = f"WHERE {local} BETWEEN '{inicio}' AND '{fim}'"
        assert told(shop, inicio=inicio, fim=fim) == plain(shop, where)


def test_a_restart_tells_the_same(shop: Shop) -> None:
    before = shop.get("/vendas/resumo")
    shop.platform.stop(API)
    shop.platform.start_part(API)
    wait_for(lambda: shop.get("/readyz").status_code == 200, "ready again")
    after = shop.get("/vendas/resumo")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


def test_a_row_counts_when_the_ledger_says_so(shop: Shop) -> None:
    first = shop.done_to(0)
    with shop.warehouse.transaction() as transaction:
        insert(transaction, [Sale("early", "p-early")], partition=0, first=first + 1)
    shop.commit(Sale("x", "p-other"))
    wait_for(lambda: bool(shop.items(id_produto="p-other")), "the first offset shows")
    assert shop.items(id_produto="p-early") == []
    with shop.warehouse.transaction() as transaction:
        done = ledger.OffsetRange(0, first + 1, first + 2)
        ledger.append(
            transaction,
            [ledger.LedgerRow(done, 1, 1, 0, 0)],
            query=QUERY_WAREHOUSE,
            epoch=1,
            topic=TOPIC_EVENTOS,
            now=datetime.now(UTC),
        )
    shop.produce(1)
    wait_for(lambda: bool(shop.items(id_produto="p-early")), "the second offset shows")


def test_live_metrics_follow_the_documents(shop: Shop) -> None:
    now = datetime.now(UTC)
    views = [{"id_produto": "p1", "n": 4}, {"id_produto": "p2", "n": 6}]
    shop.put_metrics(
        minute_document(now, pedidos=2, unidades=3, receita="30.50", visualizacoes=views),
        minute_document(now, window=1, pedidos=1, unidades=1, receita="0.25"),
        minute_document(now - timedelta(minutes=58), unidades=7, visualizacoes=views[:1]),
        minute_document(now - timedelta(minutes=61), pedidos=99, visualizacoes=views[:1]),
        active_document(now, 11),
    )
    wait_for(
        lambda: shop.get("/metricas/tempo_real").json()["usuarios_ativos"] == 11,
        "the active customers show",
    )
    live = shop.get("/metricas/tempo_real").json()
    sold = {m["minuto"]: m for m in live["vendas_por_minuto"]}
    assert len(sold) == 60
    assert sold[f"{now:%Y-%m-%dT%H:%M:00Z}"] == {
        "minuto": f"{now:%Y-%m-%dT%H:%M:00Z}",
        "pedidos": 3,
        "unidades": 4,
        "receita": "30.75",
    }
    assert sum(m["pedidos"] for m in live["vendas_por_minuto"]) == 3
    assert sum(m["unidades"] for m in live["vendas_por_minuto"]) == 11
    assert {v["id_produto"]: v["visualizacoes"] for v in live["mais_vistos"]}["p2"] == 6


def test_the_lag_is_what_lies_on_kafka_beyond_the_ledger(shop: Shop) -> None:
    def lag() -> int | None:
        found: int | None = shop.get("/pipeline/conciliacao").json()["totais"]["atraso"]
        return found

    wait_for(lambda: lag() == 0, "all is done")
    shop.produce(3, partition=1)
    wait_for(lambda: lag() == 3, "three records wait")
    confirmed = shop.get("/pipeline/conciliacao").json()["frescor"]["confirmado_em"]
    shop.commit(*[Sale(f"l{i}", "p-lag") for i in range(3)], partition=1, on_kafka=False)
    wait_for(lambda: lag() == 0, "and are done")
    found = shop.get("/pipeline/conciliacao").json()
    assert found["exata"] is True
    assert found["frescor"]["confirmado_em"] > confirmed


def test_the_stream_tells_the_whole_and_then_what_changed(shop: Shop) -> None:
    with httpx.stream("GET", f"{shop.url}/metricas/tempo_real/stream", timeout=10) as stream:
        events = read_events(stream)
        name, whole = next(events)
        assert (name, len(whole["vendas_por_minuto"])) == ("snapshot", 60)
        shop.commit(Sale("sse", "p-sse", 1, "1.00"))
        for name, changed in events:
            assert name == "mudanca"
            if "vendas_hoje" in changed:
                break
    assert changed["vendas_hoje"] == shop.get("/metricas/tempo_real").json()["vendas_hoje"]
    assert "vendas_por_minuto" not in changed


def read_events(stream: httpx.Response) -> Iterator[tuple[str, dict[str, object]]]:
    name = ""
    for text in stream.iter_lines():
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


@pytest.mark.parametrize(
    ("part", "store", "route"),
    [
        ("redshift-local", "warehouse", "/vendas/resumo"),
        ("mongo", "mongodb", "/metricas/tempo_real"),
        ("kafka", "kafka", "/pipeline/conciliacao"),
    ],
)
def test_while_a_store_is_away_the_last_good_answer_stands(
    shop: Shop, part: str, store: str, route: str
) -> None:
    before = shop.get(route).json()
    shop.kill(part)
    wait_for(lambda: shop.get(route).json()["degradado"] == [store], f"{store} is missed")
    during = shop.get(route)
    assert during.status_code == 200
    assert_same_figures(before, during.json())
    if store != "kafka":
        wait_for(lambda: int(shop.get(route).headers["age"]) >= 2, "the answer grows old")
    shop.platform.start_part(part)
    wait_for(lambda: shop.get(route).json()["degradado"] == [], f"{store} is back", seconds=40)
    shop.commit(Sale("back", f"p-after-{store}"))
    wait_for(lambda: bool(shop.items(id_produto=f"p-after-{store}")), "new sales show")


def assert_same_figures(before: dict[str, object], after: dict[str, object]) -> None:
    for key in {"itens", "vendas_hoje", "exata"} & set(before):
        assert after[key] == before[key]


def test_a_paused_warehouse_delays_no_answer(shop: Shop) -> None:
    shop.platform.pause("redshift-local")
    try:
        for _ in range(20):
            assert shop.get("/vendas/resumo").elapsed < timedelta(seconds=1)
    finally:
        shop.platform.resume("redshift-local")


def test_it_waits_for_stores_that_come_later(shop: Shop) -> None:
    shop.kill("redshift-local")
    with another_api(shop) as api:
        url = api.url
        wait_for(lambda: httpx.get(f"{url}/healthz").status_code == 200, "it lives")
        assert httpx.get(f"{url}/readyz").status_code == 503
        assert httpx.get(f"{url}/vendas/resumo").status_code == 503
        shop.platform.start_part("redshift-local")
        wait_for(lambda: httpx.get(f"{url}/readyz").status_code == 200, "it is ready")


@dataclass(frozen=True)
class AnotherApi:
    url: str
    child: "subprocess.Popen[bytes]"


@contextmanager
def another_api(shop: Shop, **settings: str) -> Iterator[AnotherApi]:
    port = str(free_ports(1)[0])
    own = {**shop.platform.environment(API), **settings, "LISTEN_PORT": port}
    environment = {**os.environ, **own}
    command = [sys.executable, "-m", "analytics_api.main"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield AnotherApi(f"http://127.0.0.1:{port}", child)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(10)


def test_prometheus_is_told_how_requests_were_answered(shop: Shop) -> None:
    port = str(free_ports(1)[0])
    asked = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": port}
    with another_api(shop, **asked) as api:
        wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200, "it is ready")
        for period in ("2025-05-14", "2025-05-14", "x"):
            httpx.get(f"{api.url}/vendas/resumo", params={"inicio": period})
        told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    counts = [
        line
        for line in told.splitlines()
        if line.startswith("http_server_request_duration_seconds_count") and "resumo" in line
    ]
    assert sorted(line.rpartition(" ")[2] for line in counts) == ["1.0", "2.0"]
    assert 'http_response_status_code="422"' in "".join(counts)


def test_it_stops_at_once_though_a_stream_is_open(shop: Shop) -> None:
    with ExitStack() as stack:
        api = stack.enter_context(another_api(shop))
        url = api.url
        wait_for(lambda: httpx.get(f"{url}/readyz").status_code == 200, "it is ready")
        stream = stack.enter_context(
            httpx.stream("GET", f"{url}/metricas/tempo_real/stream", timeout=10)
        )
        events = read_events(stream)
        assert next(events)[0] == "snapshot"
        api.child.send_signal(signal.SIGTERM)
        assert wait_for(lambda: api.child.poll() is not None, "it ends") < 3
        assert {name for name, _ in events} <= {"mudanca"}


def test_an_emptied_warehouse_is_told_anew(shop: Shop) -> None:
    with shop.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM vendas")
        transaction.execute("DELETE FROM ingestao")
    wait_for(lambda: shop.items() == [], "nothing is left")
    shop.commit(Sale("new", "p-new", 2, "5.00"), on_kafka=False)
    wait_for(lambda: told(shop) == [("p-new", 2, Decimal(10), 1)], "the new sale shows")
