"""What event-producer costs beside a plain service, and how soon it answers."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench import http_load
from tests.bench.cpu import cpu_seconds, family
from tests.bench.events import good_events
from tests.bench.http_load import Answers
from tests.bench.stream import Figures
from tests.support.kafka import TopicReader, create_topic
from tests.support.platform import free_ports, kafka_servers, local_settings
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local.platform import LocalPlatform

OURS: Final = "event-producer"
OTHERS: Final = ("plain", "limit")
BATCHES: Final = {"singles": 1, "tens": 10, "forties": 40}
REQUESTS: Final = {"singles": 30_000, "tens": 10_000, "forties": 4_000}
PARTITIONS: Final = 2
CONNECTIONS: Final = 100
WARM_UP: Final = 2_000
ALONE: Final = 200


def beside_a_plain_service() -> Figures:
    """Events accepted per CPU second, and how long an event alone waits for its answer."""
    with _kafka() as platform:
        platform.start([OURS])
        port = platform.settings.deployable_ports["event-producer"]
        found = {OURS: _measured(platform, port, platform.process_ids(OURS), TOPIC_EVENTOS)}
        platform.stop(OURS)
        for kind in OTHERS:
            with _other(platform, kind) as (port, pid):
                found[kind] = _measured(platform, port, family(pid), f"bench-{kind}")
    return found


def _measured(platform: LocalPlatform, port: int, pids: Sequence[int], topic: str) -> Figures:
    reader = TopicReader(kafka_servers(platform), topic, PARTITIONS)
    print(f"events for {topic} …", flush=True)
    _drive(port, _bodies(1, WARM_UP, seed=0))
    figures: Figures = {}
    for name, size in BATCHES.items():
        bodies = _bodies(size, REQUESTS[name], seed=size)
        reader.mark()
        before = cpu_seconds(pids)
        _drive(port, bodies)
        used = cpu_seconds(pids) - before
        _check(reader, bodies, constant=topic.endswith("limit"))
        figures[f"{name}_per_cpu_s"] = round(len(bodies) * size / used)
    alone = _drive(port, _bodies(1, ALONE, seed=7), connections=1, every=0.05)
    figures["alone_p50_ms"] = round(statistics.median(alone.seconds) * 1000, 1)
    return figures


def _drive(
    port: int, bodies: list[bytes], *, connections: int = CONNECTIONS, every: float = 0
) -> Answers:
    requests = [http_load.post("/eventos", body) for body in bodies]
    answers = http_load.drive(port, requests, connections=connections, every=every)
    assert answers.statuses == {202: len(bodies)}, answers.statuses
    return answers


def _check(reader: TopicReader, bodies: list[bytes], *, constant: bool) -> None:
    """Every event is on Kafka once, before its time counts."""
    expected = [event["id_evento"] for body in bodies for event in _events_of(body)]
    values = [message.value() or b"" for message in reader.read()]
    if constant:
        assert len(values) == len(expected)
    else:
        assert sorted(json.loads(value)["id_evento"] for value in values) == sorted(expected)


def _events_of(body: bytes) -> list[dict[str, str]]:
    found = json.loads(body)
    return found if isinstance(found, list) else [found]


def _bodies(size: int, count: int, *, seed: int) -> list[bytes]:
    events = good_events(Random(seed))
    if size == 1:
        return [event.encode() for event in islice(events, count)]
    return [f"[{','.join(islice(events, size))}]".encode() for _ in range(count)]


@contextmanager
def _kafka() -> Iterator[LocalPlatform]:
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        LocalPlatform(local_settings(Path(folder))) as platform,
    ):
        yield platform


@contextmanager
def _other(platform: LocalPlatform, kind: str) -> Iterator[tuple[int, int]]:
    """Its port and process id while it runs."""
    servers, topic = kafka_servers(platform), f"bench-{kind}"
    create_topic(servers, topic, partitions=PARTITIONS)
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.plain_producer", kind, str(port), topic],
        env={**os.environ, "BOOTSTRAP_SERVERS": servers},
    )
    try:
        wait_until(lambda: http_load.answers(port), "it answers")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)
