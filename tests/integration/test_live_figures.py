"""The figures query on real parts: its figures equal a plain sum over the topic."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewPartitions
from pymongo import MongoClient
from tests.support.kafka import TopicReader, create_topic
from tests.support.live_figures import MINUTE, ExpectedFigures
from tests.support.platform import REPOSITORY, local_settings, mongo_url
from tests.support.stream import STREAM, event, purchase, short_lived
from tests.support.waiting import wait_until

from analytics_api.live_storage import LiveSource, connect
from analytics_api.live_window import LiveWindow
from event_contracts.names import COLLECTION_METRICAS, TOPIC_EVENTOS
from service_runtime.settings import MongoSettings
from stream_processor.live_figures import LiveFigures
from vitrine_local.platform import LocalPlatform

AHEAD = timedelta(minutes=5)
LARGEST = {"quantidade": 1_000_000, "preco": "99999999.99"}


class Live:
    """Kafka, MongoDB and the figures query, and what its figures should be."""

    def __init__(self, platform: LocalPlatform) -> None:
        self._environment = platform.environment(STREAM) | short_lived(platform)
        self.failpoints = platform.layout.root / "failpoints"
        self.failpoints.mkdir()
        self._log = platform.layout.root / "metrics-driver.log"
        self._servers = self._environment["KAFKA_BOOTSTRAP_SERVERS"]
        self._mongo = MongoSettings(
            mongo_url=mongo_url(platform), mongo_database=self._environment["MONGO_DATABASE"]
        )
        self.expected = ExpectedFigures()
        self._producer = Producer({"bootstrap.servers": self._servers, "linger.ms": 5})
        self._partitions = 2
        self._counted: set[tuple[int | None, int | None]] = set()
        self._driver: subprocess.Popen[bytes] | None = None
        create_topic(self._servers, TOPIC_EVENTOS, partitions=self._partitions)

    def add_partitions(self, total: int) -> None:
        """As an operator of Kafka does while everything runs."""
        admin = AdminClient({"bootstrap.servers": self._servers})
        for done in admin.create_partitions([NewPartitions(TOPIC_EVENTOS, total)]).values():
            done.result(30)

        def known() -> bool:
            topic = self._producer.list_topics(TOPIC_EVENTOS, timeout=10).topics[TOPIC_EVENTOS]
            return len(topic.partitions) == total

        wait_until(known, "the producer knows the new partitions")
        self._partitions = total

    def put(self, eventos: Iterable[dict[str, Any]], *, keyed: bool = False) -> None:
        """Put events on Kafka, without a key on any partition; then count them as expected."""
        for evento in eventos:
            place: dict[str, Any] = {"partition": random.randrange(self._partitions)}
            if keyed:
                place = {"key": evento["id_usuario"]}
            self._producer.produce(TOPIC_EVENTOS, _json(evento), **place)
            self._producer.poll(0)
        assert self._producer.flush(60) == 0
        self.expected.add(self._new_records())

    def start(self) -> None:
        """Start the query."""
        with self._log.open("ab") as log:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "tests.support.figures_driver"],
                cwd=REPOSITORY,
                env=os.environ | self._environment | {"FAILPOINTS_DIR": str(self.failpoints)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the query without warning."""
        if self._driver is not None:
            if self._driver.poll() is None:
                os.killpg(self._driver.pid, signal.SIGKILL)
            self._driver.wait()

    def kill_at(self, point: str) -> None:
        """End the query at a failpoint of its next micro-batch, which the caller has caused."""
        marker = self.failpoints / f"{point}.reached"
        wait_until(marker.exists, f"the query reaches {point}")
        self.kill()
        marker.unlink()

    def arm(self, point: str) -> None:
        """Let the next micro-batch stop at a failpoint."""
        (self.failpoints / f"{point}.armed").touch()

    def differences(self) -> list[object]:
        """Where a reader of the documents sees something else than is expected."""
        now = datetime.now(UTC)
        window = asyncio.run(self._read(now))
        window.slide(now + AHEAD)
        found: list[object] = []
        for sold in window.sales_per_minute():
            minute = sold.minuto
            seen = (sold.pedidos, sold.unidades, sold.receita)
            if seen != self.expected.sales(minute):
                found.append((minute, seen, self.expected.sales(minute)))
        views = [(v.id_produto, v.visualizacoes) for v in window.most_viewed(20)]
        if views != self.expected.most_viewed(20):
            found.append((views, self.expected.most_viewed(20)))
        if window.active_users(now) != self.expected.active(now):
            found.append((window.active_users(now), self.expected.active(now)))
        return found

    def settle(self) -> None:
        """Wait until the figures are what is expected."""
        try:
            wait_until(lambda: not self.differences(), "the figures are right", every=0.5)
        except AssertionError as error:
            raise AssertionError(self.differences()) from error

    def documents(self) -> list[dict[str, Any]]:
        """All documents of minutes."""
        url = self._mongo.mongo_url.get_secret_value()
        with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
            documents = client[self._mongo.mongo_database][COLLECTION_METRICAS]
            return list(documents.find({"tipo": "minuto"}))

    def newest_snapshot(self) -> Path:
        """From which the query would go on."""
        folder = Path(self._environment["CHECKPOINT_URL"].removeprefix("file://"))
        return max((folder / "live-figures").glob("*.duckdb"))

    async def _read(self, now: datetime) -> LiveWindow:
        window = LiveWindow()
        async with connect(self._mongo) as client:
            window.merge(await LiveSource(client, self._mongo).read(now, since=None))
        return window

    def _new_records(self) -> list[Message]:
        records = TopicReader(self._servers, TOPIC_EVENTOS, self._partitions).read()
        new = [r for r in records if (r.partition(), r.offset()) not in self._counted]
        self._counted |= {(r.partition(), r.offset()) for r in new}
        return new


def _json(evento: dict[str, Any]) -> bytes:
    return json.dumps(evento).encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    settings = local_settings(tmp_path_factory.mktemp("vitrine"))
    with LocalPlatform(settings) as platform:
        platform.start(["kafka", "mongo"])
        running = Live(platform)
        yield running
        running.kill()


def _at(offset: timedelta) -> str:
    return (datetime.now(UTC) + offset).isoformat()


def a_crowd(count: int) -> list[dict[str, Any]]:
    """Customers who do everything, with clocks that are wrong by up to five minutes."""
    made: list[dict[str, Any]] = []
    for n in range(count):
        clock = timedelta(seconds=random.uniform(-300, 295))
        who = {"id_usuario": f"u{random.randrange(count // 3)}", "timestamp": _at(clock)}
        what = {"id_produto": f"p{random.randrange(30)}"}
        made.append(event(**who, **what))
        if n % 4 == 0:
            order = {"id_pedido": f"o{random.randrange(10**9)}", "preco": "19.90"}
            lines = [purchase(**who, **order, id_produto=f"p{i}") for i in range(2)]
            back = lines[0] | event(tipo_evento="devolucao", id_produto="p0", timestamp=_at(-clock))
            made += [*lines, back | {"id_usuario": who["id_usuario"]}]
        if n % 10 == 0:
            made.append(event(**who, tipo_evento="adicao_carrinho"))
            probe = {"tipo_evento": "sonda", "id_usuario": f"probe{n}", "id_produto": f"probe{n}"}
            made.append(purchase(timestamp=_at(clock), **probe))
    without_id = [{k: v for k, v in event().items() if k != "id_evento"} for _ in range(9)]
    late = [purchase(timestamp=_at(-30 * MINUTE)), purchase(timestamp=_at(-180 * MINUTE))]
    return [*made, *made[::7], *without_id, *late]


def altered(eventos: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Repeats that say something else than what they repeat."""
    return [e | {"timestamp": _at(-MINUTE), "id_usuario": "another"} for e in eventos]


@pytest.mark.timeout(600)
def test_figures_equal_a_sum_over_the_topic(live: Live) -> None:
    random.seed(13)
    first = a_crowd(600)
    live.put(first)
    live.start()
    live.settle()

    live.put(altered(first[::5]))
    live.put(a_crowd(300), keyed=True)
    live.settle()

    live.put(purchase(timestamp=_at(-2 * MINUTE), **LARGEST) for _ in range(1900))
    pad = "x" * 120
    live.put(event(id_produto=f"p{n:06d}-{pad}", id_usuario="bot") for n in range(20_000))
    popular = [event(id_produto=f"popular{n:02d}") for n in range(20) for _ in range(90 + n)]
    live.put(popular)
    live.settle()
    documents = live.documents()
    assert max(len(bson.encode(document)) for document in documents) < 256 * 1024
    assert max(len(document["visualizacoes"]) for document in documents) == 1000

    live.add_partitions(4)
    live.put(altered(popular[::50]))
    for point in ("before_metrics", "after_metrics"):
        live.arm(point)
        live.put(a_crowd(60))
        live.kill_at(point)
        live.put([*altered(first[::9]), *a_crowd(30)])
        live.start()
        live.settle()
    positions, first_minute = LiveFigures().restore(live.newest_snapshot())
    assert (len(positions), first_minute) == (4, 0)
