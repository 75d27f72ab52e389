"""The figures query on real parts: its figures equal a plain sum over the topic.

So do those per state and the funnel, which alone wait while the profiles cannot be read.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import bson
import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewPartitions
from pymongo import MongoClient, ReplaceOne
from pymongo.database import Database
from pymongo.uri_parser import parse_uri
from tests.support.hanging_peer import hanging_peer
from tests.support.kafka import TopicReader, create_topic
from tests.support.live_events import as_version_before, plain_funnel
from tests.support.live_figures import MINUTE, ExpectedFigures
from tests.support.platform import REPOSITORY, local_settings, mongo_url
from tests.support.stream import STREAM, event, purchase, short_lived
from tests.support.waiting import wait_until

from analytics_api.live_storage import LiveSource, connect
from analytics_api.live_window import LiveWindow
from analytics_api.region_models import Regioes, VendasDoEstado, VendasDoSegmento
from analytics_api.region_storage import RegionSource
from analytics_api.region_window import RegionWindow
from event_contracts.names import COLLECTION_METRICAS, COLLECTION_PERFIS, TOPIC_EVENTOS
from service_runtime.settings import MongoSettings
from stream_processor.funnel_figures import ABANDONED_AFTER, first_second
from stream_processor.live_figures import LiveFigures
from stream_processor.profiles import Profile, profile_of
from vitrine_local.platform import LocalPlatform

AHEAD = timedelta(minutes=5)
PROFILES = [
    {"_id": f"u{n}", "estado": ["SP", "BA", 7][n % 3], "regiao": "R", "segmento": f"s{n % 4}"}
    for n in range(60)
]
"""Of some customers; one in three has an odd state."""
MOVES = "moves"
"""A customer with a state and segment of their own."""
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
        """Put events on Kafka; then count what is new there as expected."""
        self.send(eventos, keyed=keyed)
        self.expected.add(self._new_records())

    def send(self, eventos: Iterable[dict[str, Any]], *, keyed: bool = False) -> None:
        """Put events on Kafka, without a key on any partition. All of them came in one moment: of
        an event and its repeat on another partition either may be read first."""
        came = int(time.time() * 1000)
        for evento in eventos:
            place: dict[str, Any] = {"partition": random.randrange(self._partitions)}
            if keyed:
                place = {"key": evento["id_usuario"]}
            self._producer.produce(TOPIC_EVENTOS, _json(evento), timestamp=came, **place)
            self._producer.poll(0)
        assert self._producer.flush(60) == 0

    def start(self, *, profiles_url: str | None = None) -> None:
        """Start the query, which may read profiles at another address."""
        elsewhere = {"PROFILES_MONGO_URL": profiles_url} if profiles_url else {}
        with self._log.open("ab") as log:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "tests.support.figures_driver"],
                cwd=REPOSITORY,
                env=os.environ
                | self._environment
                | elsewhere
                | {"FAILPOINTS_DIR": str(self.failpoints)},
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
        with self._database() as database:
            return list(database[COLLECTION_METRICAS].find({"tipo": "minuto"}))

    def set_profile(self, *profiles: dict[str, Any]) -> None:
        """Write documents of `perfis_usuarios`."""
        with self._database() as database:
            writes = [ReplaceOne({"_id": p["_id"]}, p, upsert=True) for p in profiles]
            database[COLLECTION_PERFIS].bulk_write(writes)

    def regions(self) -> Regioes:
        """What a reader of the documents sees per state and segment."""
        now = datetime.now(UTC)
        return asyncio.run(self._read_regions(now)).regions(now + AHEAD, [])

    def views(self) -> int:
        """Views in all states."""
        return sum(state.visualizacoes for state in self.regions().estados)

    def has_moved(self) -> bool:
        """Whether a click of who moved shows in the new state, now or of the clicks before."""
        self.send([event(id_usuario=MOVES)])
        return "RR" in {state.estado for state in self.regions().estados}

    def region_differences(self) -> list[object]:
        """Where the figures per state and segment, or the funnel, are not what is expected."""
        now = datetime.now(UTC)
        window = asyncio.run(self._read_regions(now))
        found = window.regions(now + AHEAD, [])
        since = (now + AHEAD).replace(second=0, microsecond=0) - 59 * MINUTE
        profiles = {p["_id"]: profile_of(p) for p in PROFILES}

        def differ(seen: dict[str, Any], key_of: Callable[[Profile], str]) -> list[object]:
            def key(customer: str) -> str:
                return "" if customer == MOVES else key_of(profiles.get(customer, Profile()))

            expected = self.expected.per_key(key, since)
            expected.pop("", None)
            return [(k, seen.get(k), v) for k, v in expected.items() if seen.get(k) != v]

        states = {f"{s.estado} {s.regiao}": _figures(s) for s in found.estados}
        segments = {s.segmento: _figures(s) for s in found.segmentos}
        differences = differ(states, lambda p: f"{p.estado} {p.regiao}")
        differences += differ(segments, lambda p: p.segmento)
        active = sum(s.usuarios_ativos for s in window.regions(now, []).estados)
        if active != self.expected.active(found_at := _counted_at(window)):
            differences.append((active, self.expected.active(found_at)))
        funnel = window.funnel([])
        carts = funnel.carrinhos_abandonados
        seen = (
            *(funnel.clicaram, funnel.adicionaram, funnel.compraram),
            *(carts.carrinhos, carts.clientes, carts.com_preco, carts.valor),
        )
        first, old = first_second(found_at), int((found_at - ABANDONED_AFTER).timestamp())
        expected_funnel = plain_funnel(self.expected.acts, first=first, old=old)
        return differences if seen == expected_funnel else [*differences, (seen, expected_funnel)]

    def settle_regions(self) -> None:
        """Wait until these are what is expected."""
        try:
            wait_until(lambda: not self.region_differences(), "the states are right", every=1.0)
        except AssertionError as error:
            raise AssertionError(self.region_differences()) from error

    def newest_snapshot(self) -> Path:
        """From which the query would go on."""
        return max(self._snapshots().glob("*.duckdb"))

    def leave_snapshot_of_the_version_before(self) -> None:
        """As if a driver that knew no figures per state had ended here."""
        self._snapshots().mkdir(parents=True)
        path = self._snapshots() / "20250514T120000000000.duckdb"
        LiveFigures().save(path, positions={0: 0, 1: 0}, first_minute=0)
        as_version_before(path)

    def log(self) -> str:
        """What the drivers said."""
        return self._log.read_text("utf-8")

    def mongo_at(self, port: int) -> str:
        """The address of MongoDB by way of another port."""
        url = self._mongo.mongo_url.get_secret_value()
        return url.replace(f":{self.mongo_address()[1]}", f":{port}")

    def mongo_address(self) -> tuple[str, int]:
        """Where MongoDB listens."""
        ((host, port),) = parse_uri(self._mongo.mongo_url.get_secret_value())["nodelist"]
        return str(host), int(port or 0)

    def _snapshots(self) -> Path:
        folder = Path(self._environment["CHECKPOINT_URL"].removeprefix("file://"))
        return folder / "live-figures"

    async def _read(self, now: datetime) -> LiveWindow:
        window = LiveWindow()
        async with connect(self._mongo) as client:
            window.merge(await LiveSource(client, self._mongo).read(now, since=None))
        return window

    async def _read_regions(self, now: datetime) -> RegionWindow:
        window = RegionWindow()
        async with connect(self._mongo) as client:
            documents = await RegionSource(client, self._mongo).read(now, since=None)
        window.merge(documents, now=now)
        return window

    @contextmanager
    def _database(self) -> Iterator[Database[dict[str, Any]]]:
        url = self._mongo.mongo_url.get_secret_value()
        with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
            yield client[self._mongo.mongo_database]

    def _new_records(self) -> list[Message]:
        records = TopicReader(self._servers, TOPIC_EVENTOS, self._partitions).read()
        new = [r for r in records if (r.partition(), r.offset()) not in self._counted]
        self._counted |= {(r.partition(), r.offset()) for r in new}
        return new


def _figures(row: VendasDoEstado | VendasDoSegmento) -> tuple[int, int, Decimal, int]:
    return row.pedidos, row.unidades, row.receita, row.visualizacoes


def _counted_at(window: RegionWindow) -> datetime:
    return window.funnel([]).contado_em or datetime.now(UTC)


def _json(evento: dict[str, Any]) -> bytes:
    return json.dumps(evento).encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    settings = local_settings(tmp_path_factory.mktemp("vitrine"))
    with LocalPlatform(settings) as platform:
        platform.start(["kafka", "mongo"])
        running = Live(platform)
        running.set_profile(*PROFILES, moves_to("AC"))
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


def moves_to(estado: str) -> dict[str, Any]:
    """The profile of MOVES."""
    return {"_id": MOVES, "estado": estado, "regiao": "Norte", "segmento": "moves"}


def carts_left(count: int) -> list[dict[str, Any]]:
    """Carts that are twenty minutes old; some have a price, and some clicked before."""
    made: list[dict[str, Any]] = []
    for n in range(count):
        who = {"id_usuario": f"left{n}", "id_produto": f"p{n % 3}"}
        priced = {"quantidade": 2, "preco": "5.05"} if n % 2 else {}
        cart = event(**who, tipo_evento="adicao_carrinho", timestamp=_at(-20 * MINUTE), **priced)
        made += [event(**who, timestamp=_at(-(19 + n % 3) * MINUTE)), cart]
    return made


@pytest.mark.timeout(600)
def test_figures_equal_a_sum_over_the_topic(live: Live) -> None:
    random.seed(13)
    first = a_crowd(600)
    live.put([*first, *carts_left(12), event(id_usuario=MOVES)])
    live.leave_snapshot_of_the_version_before()
    with hanging_peer(live.mongo_address()) as peer:
        live.start(profiles_url=live.mongo_at(peer.port))
        live.settle()
        live.settle_regions()
        assert "kept live figures cannot be read" in live.log()
        live.set_profile(moves_to("RR"))

        live.put(altered(first[::5]))
        live.put(a_crowd(300), keyed=True)
        live.settle()
        live.settle_regions()

        live.put(purchase(timestamp=_at(-2 * MINUTE), **LARGEST) for _ in range(1900))
        pad = "x" * 120
        live.put(event(id_produto=f"p{n:06d}-{pad}", id_usuario="bot") for n in range(20_000))
        popular = [event(id_produto=f"popular{n:02d}") for n in range(20) for _ in range(90 + n)]
        live.put(popular)
        live.settle()
        live.settle_regions()
        documents = live.documents()
        assert max(len(bson.encode(document)) for document in documents) < 256 * 1024
        assert max(len(document["visualizacoes"]) for document in documents) == 1000
        wait_until(live.has_moved, "the profile that changed is seen", seconds=60, every=3)

        peer.hang()
        before = live.views()
        live.put(event(id_usuario=f"waits{n}") for n in range(40))
        live.settle()
        wait_until(lambda: live.regions().aguardando >= 40, "it is told who waits")
        assert live.views() <= before + 2  # clicks of MOVES

    live.add_partitions(4)
    # As they were: a new driver may read these together with what they repeat.
    live.put(popular[::50])
    for point in ("before_metrics", "after_metrics"):
        live.arm(point)
        live.put(a_crowd(60))
        live.kill_at(point)
        live.put([*altered(first[::9]), *a_crowd(30)])
        live.start()
        live.settle()
        live.settle_regions()
    positions, first_minute = LiveFigures().restore(live.newest_snapshot())
    assert (len(positions), first_minute) == (4, 0)
