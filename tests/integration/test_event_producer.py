"""event-producer as a real process before a real Kafka, good and flaky: what it said 202 to is
on Kafka in the end, whatever happened in between."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from tests.support import producer_service
from tests.support.kafka import TopicReader
from tests.support.platform import free_ports
from tests.support.producer_service import Start
from tests.support.service import Service
from tests.support.small_disk import fill, make_room, small_disk
from tests.support.waiting import wait_until
from uvicorn.config import STARTUP_FAILURE

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from event_producer.intake import Message
from event_producer.spool import Spool
from event_producer.worker_spool import SpoolLimits, open_worker_spools
from vitrine_local.platform import LocalPlatform

platform = producer_service.platform
kafka = producer_service.kafka
topic = producer_service.topic
start = producer_service.start
stock_topic = producer_service.stock_topic

STOCK_TOKEN = "0123456789abcdef"


def evento(user: str = "u1", **fields: object) -> dict[str, Any]:
    return {
        "id_usuario": user,
        "tipo_evento": "clique",
        "id_produto": "p456",
        "timestamp": "2025-05-14T19:16:00",
        "id_evento": str(uuid4()),
        **fields,
    }


def numbered(numbers: range, user: str = "u1") -> list[dict[str, Any]]:
    return [evento(user, id_sessao=f"{number:06d}") for number in numbers]


def ids_of(eventos: list[dict[str, Any]]) -> set[str]:
    return {evento["id_evento"] for evento in eventos}


def post(service: Service, eventos: object) -> httpx.Response:
    return httpx.post(f"{service.url}/eventos", json=eventos, timeout=30)


def must_take(service: Service, eventos: list[dict[str, Any]]) -> None:
    answer = post(service, eventos)
    assert answer.status_code == 202, answer.text


def ids_on(topic: TopicReader) -> Counter[str]:
    return Counter(json.loads(message.value() or b"")["id_evento"] for message in topic.read())


def order_on(topic: TopicReader, user: str = "u1") -> list[str]:
    """The numbers of a user's events, each where it came first."""
    mine = [json.loads(m.value() or b"") for m in topic.read() if m.key() == user.encode()]
    return list(dict.fromkeys(evento["id_sessao"] for evento in mine))


def test_prometheus_is_told_how_many_events_are_on_kafka(start: Start, topic: TopicReader) -> None:
    [port] = free_ports(1)
    service = start(otel_metrics_exporter="prometheus", otel_exporter_prometheus_port=port)
    must_take(service, numbered(range(3)))
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    (line,) = [
        each for each in told.splitlines() if each.startswith("event_producer_events_stored")
    ]
    assert 'store="kafka"' in line
    assert float(line.rpartition(" ")[2]) == len(ids_on(topic)) == 3


def labels(numbers: range) -> list[str]:
    return [f"{number:06d}" for number in numbers]


def test_what_is_accepted_is_on_kafka(start: Start, topic: TopicReader) -> None:
    service = start()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    nameless = {name: value for name, value in evento("ç").items() if name != "id_evento"}
    answer = httpx.post(
        f"{service.url}/eventos",
        json=nameless,
        headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"},
    )
    assert answer.status_code == 202
    [message] = topic.read()
    value = json.loads(message.value() or b"")
    assert value == nameless | {
        "timestamp": "2025-05-14T19:16:00Z",
        "id_evento": answer.json()["ids_gerados"][0],
    }
    assert UUID(value["id_evento"]).version == 7
    assert message.key() == "ç".encode()
    [(name, traceparent)] = message.headers() or []
    assert (name, traceparent.decode().split("-")[1]) == ("traceparent", trace_id)


def test_of_a_bad_request_nothing_is_on_kafka(start: Start, topic: TopicReader) -> None:
    service = start()
    assert post(service, [evento(), evento(tipo_evento="visita")]).status_code == 422
    must_take(service, [last := evento()])
    assert ids_on(topic) == Counter(ids_of([last]))


def test_while_kafka_is_away_events_wait_on_disk_and_then_go_on_in_order(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    service = start()
    must_take(service, numbered(range(10)))
    kafka.stop("kafka")
    for first in range(10, 60, 10):
        must_take(service, numbered(range(first, first + 10)))
    assert service.status("/readyz") == 200
    kafka.start_part("kafka")
    must_take(service, numbered(range(60, 70)))
    wait_until(lambda: len(order_on(topic)) == 70, "every event is on Kafka", seconds=60)
    assert order_on(topic) == labels(range(70))
    must_take(service, numbered(range(70, 80)))
    assert order_on(topic) == labels(range(80))
    assert service.terminate() == 0


def test_started_before_kafka_it_takes_events(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    kafka.stop("kafka")
    service = start()
    must_take(service, numbered(range(5)))
    assert service.terminate() == 0
    kafka.start_part("kafka")
    start()
    wait_until(lambda: order_on(topic) == labels(range(5)), "all are on Kafka in order", seconds=60)


def test_killed_with_a_full_spool_it_loses_nothing(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    kafka.kill("kafka")
    service = start()
    for first in range(0, 5000, 500):
        must_take(service, numbered(range(first, first + 500)))
    service.kill()
    service = start()
    must_take(service, numbered(range(5000, 5100)))
    service.kill()
    kafka.start_part("kafka")
    service = start()
    must_take(service, numbered(range(5100, 5200)))
    wait_until(lambda: len(order_on(topic)) == 5200, "every event is on Kafka", seconds=60)
    assert order_on(topic) == labels(range(5200))


def test_killed_while_the_spool_drains_it_loses_nothing(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    kafka.kill("kafka")
    service = start()
    for first in range(0, 8000, 1000):
        must_take(service, numbered(range(first, first + 1000)))
    kafka.start_part("kafka")
    wait_until(lambda: len(topic.read()) > 0, "the first events are on Kafka", seconds=60)
    service.kill()
    start()
    wait_until(lambda: len(order_on(topic)) == 8000, "every event is on Kafka", seconds=60)
    assert order_on(topic) == labels(range(8000))


def test_a_broker_that_hangs_leaves_no_event_in_doubt(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    service = start()
    sent = numbered(range(10))
    must_take(service, sent)
    kafka.pause("kafka")
    sent += numbered(range(10, 20))
    must_take(service, sent[10:])
    kafka.resume("kafka")
    wait_until(lambda: set(ids_on(topic)) == ids_of(sent), "what was sent is on Kafka", seconds=60)
    must_take(service, [last := evento()])
    wait_until(
        lambda: set(ids_on(topic)) == ids_of([*sent, last]),
        "the last one is on Kafka too",
        seconds=60,
    )


class Load:
    """Customers who post without pause, and remember what they were told."""

    def __init__(self, service: Service, *, customers: int = 8) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.undecided: list[dict[str, Any]] = []
        self._service = service
        self._enough = False
        self._pool = ThreadPoolExecutor(customers)
        self._loops = [self._pool.submit(self._post, f"u{n}") for n in range(customers)]

    def _post(self, user: str) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._enough:
                eventos = numbered(range(5), user)
                try:
                    answer = client.post(f"{self._service.url}/eventos", json=eventos)
                except httpx.TransportError:
                    self.undecided += eventos
                    return
                assert answer.status_code == 202, answer.text
                self.accepted += eventos

    def finish(self) -> None:
        """Returns when every customer has gone."""
        self._enough = True
        for loop in self._loops:
            loop.result(60)
        self._pool.shutdown()


def test_told_to_end_under_load_it_loses_nothing(start: Start, topic: TopicReader) -> None:
    service = start()
    load = Load(service)
    wait_until(lambda: len(load.accepted) > 500, "some are accepted", seconds=60)
    service.signal_end()
    assert service.wait() == 0
    load.finish()
    found = ids_on(topic)
    assert ids_of(load.accepted) <= set(found)
    assert set(found) <= ids_of(load.accepted) | ids_of(load.undecided)
    assert max(found.values()) == 1


def test_kafka_killed_and_restarted_under_load(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    service = start()
    load = Load(service)
    wait_until(lambda: len(load.accepted) > 300, "some are accepted", seconds=60)
    kafka.kill("kafka")
    before = len(load.accepted)
    wait_until(lambda: len(load.accepted) > before + 300, "more is accepted", seconds=60)
    kafka.start_part("kafka")
    before = len(load.accepted)
    wait_until(lambda: len(load.accepted) > before + 300, "more is accepted", seconds=60)
    load.finish()
    assert not load.undecided
    wait_until(
        lambda: set(ids_on(topic)) == ids_of(load.accepted),
        "what was accepted is on Kafka",
        seconds=60,
    )


def test_a_full_spool_says_so_and_claims_nothing(
    start: Start, topic: TopicReader, kafka: LocalPlatform
) -> None:
    kafka.stop("kafka")
    service = start(spool_max_bytes=2_000_000)
    assert service.status("/readyz") == 200
    accepted: list[dict[str, Any]] = []
    while (answer := post(service, eventos := numbered(range(500)))).status_code == 202:
        accepted += eventos
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert service.status("/readyz") == 503
    assert service.status("/healthz") == 200
    kafka.start_part("kafka")
    wait_until(lambda: service.status("/readyz") == 200, "it is ready", seconds=60)
    wait_until(
        lambda: set(ids_on(topic)) == ids_of(accepted), "what was accepted is on Kafka", seconds=60
    )
    assert len(accepted) > 1000


def test_a_second_process_does_not_take_the_spool(
    start: Start, servers: str, tmp_path: Path
) -> None:
    start()
    [port] = free_ports(1)
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "LISTEN_PORT": str(port),
        "SPOOL_PATH": str(tmp_path / "spool"),
    }
    second = Service("event_producer.main", environment, url="", log=tmp_path / "second")
    assert second.wait() == STARTUP_FAILURE
    assert "cannot open the spool" in (tmp_path / "second").read_text("utf-8")


def worker_ids(service: Service) -> set[int]:
    """Its processes that listen; the first of them has the socket too, but only starts others."""
    children = psutil.Process(service.process_id).children()
    return {child.pid for child in children if n_connections(child.pid)}


def n_connections(process_id: int) -> int:
    """Of TCP, the listening socket included; 0 where the process has just ended."""
    try:
        return len(psutil.Process(process_id).net_connections("tcp"))
    except psutil.NoSuchProcess:
        return 0


def test_a_worker_killed_under_load_loses_nothing_and_comes_back(
    start: Start, topic: TopicReader
) -> None:
    service = start(workers=2)
    wait_until(lambda: len(worker_ids(service)) == 2, "two workers run")
    load = Load(service)
    wait_until(lambda: len(load.accepted) > 300, "some are accepted", seconds=60)
    killed = max(worker_ids(service), key=n_connections)
    psutil.Process(killed).kill()
    wait_until(lambda: len(worker_ids(service) - {killed}) == 2, "another worker is started")
    load.finish()
    must_take(service, numbered(range(3), "u-after"))
    assert service.terminate() == 0
    found = ids_on(topic)
    assert load.undecided
    assert ids_of(load.accepted) <= set(found)
    assert max(found.values()) == 1
    assert len(order_on(topic, "u-after")) == 3


def test_a_worker_whose_task_ended_is_started_anew(start: Start, tmp_path: Path) -> None:
    """A damaged row ends the task that drains the spool."""
    Spool(tmp_path / "spool", max_bytes=1_000_000).close()
    with closing(sqlite3.connect(tmp_path / "spool")) as connection, connection:
        connection.execute("INSERT INTO spool VALUES (1, 'u1', X'00', 'no JSON', 1)")
    service, seen = start(workers=2), set[int]()
    wait_until(
        lambda: seen.update(worker_ids(service)) or len(seen) > 3, "further workers are started"
    )
    assert '"a task ended, and with it this process"' in (tmp_path / "log").read_text("utf-8")


def test_workers_end_with_the_process_that_started_them(start: Start, topic: TopicReader) -> None:
    service = start(workers=2)
    wait_until(lambda: len(worker_ids(service)) == 2, "two workers run")
    workers = worker_ids(service)
    service.kill()
    wait_until(lambda: not any(map(psutil.pid_exists, workers)), "the workers end")
    must_take(start(workers=2), eventos := numbered(range(3)))
    assert set(ids_on(topic)) == ids_of(eventos)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", size="2m") as folder:
        yield folder


def test_a_full_disk_keeps_no_worker_from_starting(
    start: Start, topic: TopicReader, disk: Path
) -> None:
    left = numbered(range(500))
    for own in [
        open_worker_spools(disk / "spool", workers=2, limits=SpoolLimits(1_000_000, 0))
        for _ in range(2)
    ]:
        if own.worker == 1:
            own.eventos.append([Message("u1", json.dumps(each).encode(), {}) for each in left])
        own.eventos.close()
    fill(disk)
    service = start(spool_path=disk / "spool", workers=1)
    must_take(service, new := numbered(range(500, 510)))
    assert service.terminate() == 0
    assert set(ids_on(topic)) == ids_of(new)
    make_room(disk)
    start(spool_path=disk / "spool", workers=1)
    wait_until(
        lambda: set(ids_on(topic)) == ids_of([*left, *new]),
        "what was left is on Kafka too",
        seconds=60,
    )
    assert {path.name for path in disk.glob("spool.*")} == set()


def test_fewer_workers_take_over_the_spools_of_more(
    start: Start, kafka: LocalPlatform, topic: TopicReader, tmp_path: Path
) -> None:
    """The requests of a hundred connections reach every worker."""
    kafka.stop("kafka")
    service = start(workers=3)
    eventos = numbered(range(300))
    with ThreadPoolExecutor(100) as senders:
        list(senders.map(lambda one: must_take(service, [one]), eventos))
    assert service.terminate() == 0
    assert {path.name for path in tmp_path.glob("spool*")} == {"spool", "spool.1", "spool.2"}
    kafka.start_part("kafka")
    start(workers=1)
    wait_until(lambda: set(ids_on(topic)) == ids_of(eventos), "every event is on Kafka", seconds=60)
    assert {path.name for path in tmp_path.glob("spool.*")} == set()


def update(number: int, product: str = "p1") -> dict[str, Any]:
    return {
        "id_produto": product,
        "nivel_estoque": number,
        "ultima_atualizacao": "2025-05-14T19:16:00Z",
        "id_armazem": "cd-sudeste",
    }


def post_stock(service: Service, updates: object, token: str = STOCK_TOKEN) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{service.url}/estoque", json=updates, headers=headers, timeout=30)


def must_take_stock(service: Service, numbers: range) -> None:
    answer = post_stock(service, [update(number) for number in numbers])
    assert answer.status_code == 202, answer.text


def levels_on(topic: TopicReader) -> list[int]:
    """Each level where it came first."""
    values = [json.loads(message.value() or b"") for message in topic.read()]
    return list(dict.fromkeys(value["nivel_estoque"] for value in values))


def test_stock_updates_are_on_their_topic_and_what_is_refused_is_not(
    start: Start, topic: TopicReader, stock_topic: TopicReader
) -> None:
    [port] = free_ports(1)
    service = start(
        stock_token=STOCK_TOKEN,
        otel_metrics_exporter="prometheus",
        otel_exporter_prometheus_port=port,
    )
    assert post_stock(service, update(1), token="another").status_code == 401
    assert post_stock(service, [update(2), update(-1)]).status_code == 422
    assert post_stock(service, [update(3), update(4, "ç")]).json() == {"aceitos": 2}
    must_take(service, numbered(range(1)))
    found = stock_topic.read()
    assert {m.key(): json.loads(m.value() or b"") for m in found} == {
        b"p1": update(3),
        "ç".encode(): update(4, "ç"),
    }
    assert len(topic.read()) == 1
    told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    for name, count in ((TOPIC_EVENTOS, 1), (TOPIC_ESTOQUE, 2)):
        stored = rf'^event_producer_events_stored_total{{.*topic="{name}".*}} {count}\.0$'
        assert re.search(stored, told, re.M), told
        assert re.search(rf'^event_producer_spool_events{{.*topic="{name}".*}} 0', told, re.M), told


def test_without_a_token_stock_updates_are_refused_and_have_no_spool(
    start: Start, tmp_path: Path
) -> None:
    assert post_stock(start(), update(1)).status_code == 403
    assert list(tmp_path.glob("spool.estoque*")) == []


def test_while_kafka_is_away_stock_updates_wait_on_disk_over_many_ends_and_then_go_on_in_order(
    start: Start, kafka: LocalPlatform, topic: TopicReader, stock_topic: TopicReader
) -> None:
    """The last start takes none, and sends what those before it took."""
    service = start(stock_token=STOCK_TOKEN)
    must_take_stock(service, range(10))
    kafka.stop("kafka")
    must_take(service, events := numbered(range(10)))
    for first in range(10, 40, 10):
        must_take_stock(service, range(first, first + 10))
        service.kill() if first == 20 else service.terminate()
        service = start(stock_token=STOCK_TOKEN)
    assert service.terminate() == 0
    kafka.start_part("kafka")
    service = start()
    wait_until(
        lambda: levels_on(stock_topic) == list(range(40)),
        "every update is on Kafka in order",
        seconds=60,
    )
    wait_until(lambda: set(ids_on(topic)) == ids_of(events), "every event is on Kafka", seconds=60)


def test_a_full_spool_of_stock_updates_leaves_the_events_alone(
    start: Start, kafka: LocalPlatform, topic: TopicReader, stock_topic: TopicReader
) -> None:
    kafka.stop("kafka")
    service = start(stock_token=STOCK_TOKEN, spool_max_bytes=2_000_000)
    taken = 0
    while (answer := post_stock(service, [update(taken + n) for n in range(200)])).is_success:
        taken += 200
    assert answer.status_code == 503
    assert 0 < taken <= 1000
    assert service.status("/readyz") == 200
    must_take(service, events := numbered(range(1000)))
    kafka.start_part("kafka")
    wait_until(
        lambda: levels_on(stock_topic) == list(range(taken)),
        "every update is on Kafka in order",
        seconds=60,
    )
    wait_until(lambda: set(ids_on(topic)) == ids_of(events), "every event is on Kafka", seconds=60)
