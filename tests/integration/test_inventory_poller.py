"""inventory-poller as a real process before a real Kafka: what Kafka has in the end is the stock,
whatever the stock APIs do and wherever the process is killed."""

import hmac
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.support.kafka import TopicReader, create_topic
from tests.support.platform import free_ports, kafka_servers, local_settings
from tests.support.service import Service
from tests.support.stock_server import levels_of, new_stock, served, stock_app
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_ESTOQUE
from shop_simulator.stock import Stock
from shop_simulator.stock_faults import Falha
from vitrine_local.platform import LocalPlatform

PARTITIONS = 2
Key = tuple[str, str]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("kafka"))) as running:
        running.start(["kafka"])
        create_topic(kafka_servers(running), TOPIC_ESTOQUE, partitions=PARTITIONS)
        yield running


@pytest.fixture
def topic(servers: str) -> TopicReader:
    reader = TopicReader(servers, TOPIC_ESTOQUE, PARTITIONS)
    reader.mark()
    return reader


class Poller:
    """Starts pollers one after another on the same state, each before the same stock APIs."""

    def __init__(self, folder: Path, servers: str, stack: ExitStack) -> None:
        self.state = folder / "state"
        self.log = folder / "log"
        self.failpoints = folder / "failpoints"
        self.failpoints.mkdir()
        self._servers = servers
        self._stack = stack

    def start(self, apis: list[dict[str, Any]], **changes: object) -> Service:
        [port] = free_ports(1)
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self._servers,
            "HEALTH_PORT": str(port),
            "STATE_PATH": str(self.state),
            "STOCK_APIS": json.dumps(apis),
            "FAILPOINTS_DIR": str(self.failpoints),
            **{name.upper(): str(value) for name, value in changes.items()},
        }
        url = f"http://127.0.0.1:{port}"
        service = Service("inventory_poller.main", environment, url=url, log=self.log)
        self._stack.callback(service.kill)
        return service.wait_ready()

    def arm(self, point: str) -> None:
        (self.failpoints / f"{point}.armed").touch()

    def reached(self, point: str) -> bool:
        return (self.failpoints / f"{point}.reached").exists()

    def lines(self, text: str) -> int:
        return self.log.read_text("utf-8").count(text)


@pytest.fixture
def poller(tmp_path: Path, servers: str) -> Iterator[Poller]:
    with ExitStack() as stack:
        yield Poller(tmp_path, servers, stack)


def apis(url: str, *names: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "url": f"{url}/armazens/{name}",
            "allow_private": True,
            "poll_seconds": 0.1,
            "timeout_seconds": 1,
            **more,
        }
        for name in names
    ]


def records(topic: TopicReader) -> list[dict[str, Any]]:
    return [json.loads(message.value() or b"") for message in topic.read()]


def latest(topic: TopicReader) -> dict[Key, int]:
    """The level that a reader of the topic ends with, as the data warehouse does."""
    found: dict[Key, tuple[str, int]] = {}
    for each in records(topic):
        key = (each["id_armazem"], each["id_produto"])
        moment, level = each["ultima_atualizacao"], each["nivel_estoque"]
        if key not in found or found[key][0] <= moment:
            found[key] = (moment, level)
    return {key: level for key, (_, level) in found.items()}


def has(topic: TopicReader, stock: Stock) -> Callable[[], bool]:
    return lambda: latest(topic) == levels_of(stock)


def put(stock: Stock, location: str, product: str, units: int) -> None:
    stock.locations[location].put(product, units, stock._clock())


class Shop:
    """A WooCommerce shop: what its API answers, and the webhooks that it sends."""

    KEYS: Final = {"consumer_key": "ck", "consumer_secret": "cs", "webhook_secret": "s3cr3t"}

    def __init__(self, levels: dict[int, int]) -> None:
        self.levels = levels
        self.asked: list[str] = []
        """The `include` of each request; empty for one of a round."""
        self.app = Starlette(routes=[Route("/wp-json/wc/v3/products", self._products)])

    async def _products(self, request: Request) -> JSONResponse:
        include = request.query_params.get("include", "")
        self.asked.append(include)
        only = {int(each) for each in include.split(",")} if include else self.levels.keys()
        listed = [self._product(number) for number in sorted(only)]
        return JSONResponse(listed, headers={"X-WP-TotalPages": "1"})

    def _product(self, number: int) -> dict[str, Any]:
        stock = {"manage_stock": True, "stock_quantity": self.levels[number]}
        return {"id": number, "sku": "", "type": "simple", **stock}

    def send(self, url: str, number: int, *, secret: bytes = b"s3cr3t") -> int:
        """The status of the answer to `product.updated`, which says a level that is not true."""
        event = self._product(number) | {"stock_quantity": 999_999, "parent_id": 0}
        body = json.dumps(event).encode()
        signed = b64encode(hmac.digest(secret, body, "sha256")).decode()
        headers = {"Content-Type": "application/json", "X-WC-Webhook-Signature": signed}
        return httpx.post(url, content=body, headers=headers).status_code


def figures(url: str) -> dict[tuple[str, str, str], float]:
    """What Prometheus reads: by name, source and the other attribute."""
    found = {}
    for family in text_string_to_metric_families(httpx.get(url).text):
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if not k.startswith("otel_")}
            source = labels.pop("source", "")
            name = sample.name.removeprefix("inventory_poller_")
            found[name, source, next(iter(labels.values()), "")] = sample.value
    return found


def test_stock_is_emitted_once_and_then_only_what_changes(
    poller: Poller, topic: TopicReader
) -> None:
    stock = new_stock(1500)
    with served(stock_app(stock)) as url:
        service = poller.start(apis(url, "cd-a", "cd-b"))
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        assert service.status("/readyz") == 200
        put(stock, "cd-a", "p7", 41)
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        assert service.terminate() == 0
        poller.start(apis(url, "cd-a", "cd-b"))
        put(stock, "cd-b", "p1499", 0)
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        repeats = len(records(topic)) - (3000 + 2)
        # A new process repeats one update of each location.
        assert repeats <= 2 * 2
    keys = {m.key(): json.loads(m.value() or b"")["id_produto"] for m in topic.read()}
    assert all(key == product.encode() for key, product in keys.items())


def test_a_fault_of_one_api_delays_its_own_updates_alone(
    poller: Poller, topic: TopicReader
) -> None:
    stock = new_stock(50)
    with served(stock_app(stock)) as url:
        poller.start(apis(url, "cd-a", "cd-b"), heartbeat_seconds=3600)
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        for fault in Falha:
            order = {"tipo": fault.value, "respostas": 2}
            assert httpx.post(f"{url}/armazens/cd-a/falhas", json=order).status_code == 204
            units = levels_of(stock)["cd-b", "p3"] + 1
            put(stock, "cd-b", "p3", units)
            put(stock, "cd-a", "p3", units)
            other = partial(_has_level, topic, ("cd-b", "p3"), units)
            wait_until(other, f"{fault}: Kafka has the other API's level", seconds=5)
            wait_until(has(topic, stock), f"{fault}: Kafka has every level", seconds=30)


def _has_level(topic: TopicReader, key: Key, units: int) -> bool:
    return latest(topic)[key] == units


def test_an_api_that_is_away_is_asked_seldom_and_says_so_once(
    poller: Poller, topic: TopicReader
) -> None:
    stock = new_stock(5)
    port, metrics = free_ports(2)
    told = {"otel_metrics_exporter": "prometheus", "otel_exporter_prometheus_port": metrics}
    with served(stock_app(stock)) as url:
        away = apis(f"http://127.0.0.1:{port}", "cd-b")
        service = poller.start([*apis(url, "cd-a"), *away], **told)
        wait_until(
            lambda: poller.lines("fails and is asked seldom") == 1,
            "the log says so once",
            seconds=30,
        )
        assert {key[0] for key in latest(topic)} == {"cd-a"}
        assert service.status("/readyz") == service.status("/healthz") == 200
        assert poller.lines('"level": "WARNING"') == 1
        shown = figures(f"http://localhost:{metrics}/metrics")
    freshness = {name: shown["source_freshness_seconds", name, ""] for name in ("cd-a", "cd-b")}
    assert freshness["cd-a"] < freshness["cd-b"]
    assert shown["source_breaker", "cd-a", "closed"] == 1
    assert shown["source_breaker", "cd-b", "open"] == 1
    assert shown["items_total", "cd-a", "emitted"] == 5
    assert shown["requests_total", "cd-b", "none"] >= 5


def test_without_a_source_it_is_ready_and_says_so(poller: Poller, topic: TopicReader) -> None:
    service = poller.start([])
    wait_until(lambda: service.status("/readyz") == 200, "it is ready", seconds=30)
    assert poller.lines("no stock API is configured") == 1
    assert service.terminate() == 0
    assert records(topic) == []


@pytest.mark.parametrize(
    "point", ["after_fetch", "before_send", "after_send", "before_save", "after_save"]
)
def test_killed_anywhere_it_loses_nothing(point: str, poller: Poller, topic: TopicReader) -> None:
    stock = new_stock(20)
    with served(stock_app(stock)) as url:
        service = poller.start(apis(url, "cd-a", "cd-b"))
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        poller.arm(point)
        put(stock, "cd-a", "p7", 41)
        wait_until(lambda: poller.reached(point), "the point is reached", seconds=30)
        service.kill()
        put(stock, "cd-a", "p8", 42)
        poller.start(apis(url, "cd-a", "cd-b"))
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)


def test_a_silent_location_is_heard_of(poller: Poller, topic: TopicReader) -> None:
    stock = new_stock(3)
    with served(stock_app(stock)) as url:
        poller.start(apis(url, "cd-a"), heartbeat_seconds=1)
        wait_until(lambda: len(records(topic)) >= 3 + 3, "heartbeats came", seconds=30)
    first, repeated = records(topic)[:3], records(topic)[3:]
    assert all(each in first for each in repeated)


def test_while_kafka_is_away_nothing_is_taken_for_sent(
    poller: Poller, topic: TopicReader, platform: LocalPlatform
) -> None:
    stock = new_stock(5)
    with served(stock_app(stock)) as url:
        service = poller.start(apis(url, "cd-a", "cd-b"), delivery_timeout=1)
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        platform.pause("kafka")
        try:
            put(stock, "cd-a", "p3", 1234)
            wait_until(lambda: service.status("/readyz") == 503, "it is not ready", seconds=30)
        finally:
            platform.resume("kafka")
        wait_until(has(topic, stock), "Kafka has every level", seconds=30)
        wait_until(lambda: service.status("/readyz") == 200, "it is ready", seconds=30)


def test_a_webhook_brings_its_product_at_once_and_nothing_but_what_the_api_says(
    poller: Poller, topic: TopicReader
) -> None:
    shop = Shop({1: 10, 2: 20, 3: 30})
    port, metrics = free_ports(2)
    api = {"id": "loja", "api": "woocommerce", "webhooks": True, "allow_private": True}
    told = {
        "webhook_port": port,
        "stock_credentials": json.dumps({"loja": Shop.KEYS}),
        "otel_metrics_exporter": "prometheus",
        "otel_exporter_prometheus_port": metrics,
    }
    door = f"http://127.0.0.1:{port}/atualizacoes_estoque/loja"
    with served(shop.app) as url:
        service = poller.start([api | {"url": url, "poll_seconds": 3600}], **told)
        wait_until(lambda: len(latest(topic)) == 3, "Kafka has every level", seconds=30)
        shop.levels |= {1: 11, 2: 21}
        assert httpx.post(door, data={"webhook_id": 7}).status_code == 200, "its ping"
        assert shop.send(door, 2, secret=b"another") == 401
        assert [shop.send(door, 1) for _ in range(3)] == [202] * 3
        wait_until(lambda: latest(topic)["loja", "1"] == 11, "Kafka has the level", seconds=30)
        shop.levels[3] = 31
        assert shop.send(door, 1) == shop.send(door, 3) == 202
        wait_until(lambda: latest(topic)["loja", "3"] == 31, "Kafka has the level", seconds=30)
        assert shop.send(door.replace("loja", "outra"), 1) == 404
        shown = figures(f"http://localhost:{metrics}/metrics")
        assert service.terminate() == 0
    assert len(records(topic)) == 3 + 2
    asked = Counter(each for include in shop.asked for each in include.split(","))
    assert (asked.keys(), asked[""]) == ({"", "1", "3"}, 1)
    outcomes = ("accepted", "ignored", "refused")
    assert [shown["webhooks_total", "loja", each] for each in outcomes] == [5, 1, 1]


def test_without_webhooks_their_port_is_closed(poller: Poller) -> None:
    [port] = free_ports(1)
    stock = new_stock(1)
    with served(stock_app(stock)) as url:
        poller.start(apis(url, "cd-a"), webhook_port=port)
        wait_until(lambda: poller.lines("polling stock APIs") == 1, "it polls", seconds=30)
        with pytest.raises(httpx.ConnectError):
            httpx.post(f"http://127.0.0.1:{port}/atualizacoes_estoque/cd-a")
