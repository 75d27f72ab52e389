"""The figures of docs/performance.md: a run on this machine prints its own."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from tests.support.platform import local_settings
from tests.support.stream import STREAM, Stream, event, purchase
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from shop_simulator.record import decode_entries, expected_of
from vitrine_local.catalogue import BACKING
from vitrine_local.platform import LocalPlatform

pytestmark = pytest.mark.performance

SIMULATOR = "shop-simulator"
DEPLOYED = ("event-producer", STREAM, "analytics-api")
EVERY_PART = (*BACKING, *DEPLOYED, SIMULATOR)
WARM_UP_SECONDS = 60


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with LocalPlatform(local_settings(tmp_path)) as platform:
        platform.start(DEPLOYED)
        yield Stream.of(platform)


def _open_shop(stream: Stream, *, rate: int) -> None:
    even = {"EVENTS_PER_SECOND": str(rate), "TIME_COMPRESSION": "0"}
    stream.platform.start_part(SIMULATOR, even)


def _api(stream: Stream, path: str) -> Any:
    url = f"http://127.0.0.1:{stream.platform.settings.api_port}{path}"
    return httpx.get(url, timeout=10).raise_for_status().json()


def _lag(stream: Stream) -> int:
    return sum(p["atraso"] or 0 for p in _api(stream, "/pipeline/conciliacao")["particoes"])


def _cpu_seconds(platform: LocalPlatform) -> dict[str, float]:
    return {name: sum(map(_cpu_of, platform.process_ids(name))) for name in EVERY_PART}


def _cpu_of(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory_gib(platform: LocalPlatform) -> float:
    """Proportional set sizes: what forks share counts once."""
    pids = [pid for name in EVERY_PART for pid in platform.process_ids(name)]
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / 2**30


@pytest.mark.timeout(900)
def test_an_event_is_visible_within_seconds_at_500_a_second(stream: Stream) -> None:
    _open_shop(stream, rate=500)
    time.sleep(WARM_UP_SECONDS)
    before, begun = _cpu_seconds(stream.platform), time.monotonic()
    seconds = _probe(stream, probes=200, every=0.6)
    elapsed = time.monotonic() - begun
    after = _cpu_seconds(stream.platform)
    cuts = statistics.quantiles(seconds, n=100)
    figures = {
        "p50_s": round(cuts[49], 2),
        "p90_s": round(cuts[89], 2),
        "p99_s": round(cuts[98], 2),
        "max_s": round(max(seconds), 2),
        "memory_gib": round(_memory_gib(stream.platform), 2),
        "cpu_cores": {n: round((after[n] - before[n]) / elapsed, 2) for n in EVERY_PART},
    }
    print(json.dumps(figures))
    stream.platform.stop(SIMULATOR)
    assert stream.drain().exact
    assert figures["p50_s"] <= 2
    assert figures["p99_s"] <= 5


def _probe(stream: Stream, *, probes: int, every: float) -> list[float]:
    """Seconds from the POST of a purchase to its sight in `/vendas/resumo`, one for each."""
    posted: dict[str, float] = {}
    seen: dict[str, float] = {}
    finished = threading.Event()

    def watch() -> None:
        with httpx.Client(timeout=10) as client:
            base = f"http://127.0.0.1:{stream.platform.settings.api_port}/vendas/resumo"
            while not (finished.is_set() and seen.keys() == posted.keys()):
                for product in posted.keys() - seen.keys():
                    if client.get(base, params={"id_produto": product}).json()["itens"]:
                        seen[product] = time.monotonic()
                time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    url = f"http://127.0.0.1:{stream.platform.settings.producer_port}/eventos"
    with httpx.Client(timeout=10) as client:
        for _ in range(probes):
            product = f"sonda-{uuid4()}"
            posted[product] = time.monotonic()
            client.post(url, json=purchase(id_produto=product)).raise_for_status()
            time.sleep(every)
    finished.set()
    watcher.join(timeout=60)
    return [seen[product] - posted[product] for product in posted]


@pytest.mark.timeout(900)
def test_a_backlog_of_a_million_events_on_a_fresh_platform(tmp_path: Path) -> None:
    with LocalPlatform(local_settings(tmp_path)) as platform:
        platform.start([*BACKING, "setup"])
        stream = Stream.of(platform)
        _fill(stream, 1_000_000)
        begun = time.monotonic()
        platform.start_part(STREAM)
        wait_until(stream.is_drained, "the backlog is drained", seconds=600)
        drained = time.monotonic() - begun
        used = sum(map(_cpu_of, platform.process_ids(STREAM)))
        figures = {"drained_s": round(drained, 1), "stream_cpu_s": round(used, 1)}
        print(json.dumps(figures))
        report = stream.drain()
        assert report.exact, report.problems
        assert sum(sums.n_written for sums in report.partitions) == 1_000_000


def _fill(stream: Stream, count: int) -> None:
    """Nine clicks to a purchase, of 5,000 customers and 300 products, dated now."""
    for n in range(count):
        who = {"id_usuario": f"u{n % 5000}", "id_produto": f"p{n % 300}"}
        value = purchase(**who) if n % 10 == 0 else event(**who)
        stream.producer.produce(TOPIC_EVENTOS, json.dumps(value).encode(), who["id_usuario"])
        if n % 1000 == 0:
            stream.producer.poll(0.01)
    assert stream.producer.flush(120) == 0


@pytest.mark.timeout(600)
def test_what_the_stream_costs_at_100_events_a_second(stream: Stream) -> None:
    _open_shop(stream, rate=100)
    time.sleep(WARM_UP_SECONDS)
    before, begun = _cpu_seconds(stream.platform), time.monotonic()
    time.sleep(60)
    elapsed, after = time.monotonic() - begun, _cpu_seconds(stream.platform)
    cores = {n: round((after[n] - before[n]) / elapsed, 2) for n in EVERY_PART}
    print(json.dumps({"cpu_cores": cores}))
    assert cores[STREAM] < 1


@pytest.mark.timeout(1200)
def test_2000_events_a_second_for_five_minutes(stream: Stream) -> None:
    _open_shop(stream, rate=2000)
    time.sleep(WARM_UP_SECONDS)
    before, begun, lags = _cpu_seconds(stream.platform), time.monotonic(), []
    while time.monotonic() < begun + 300:
        lags.append(_lag(stream))
        time.sleep(5)
    elapsed = time.monotonic() - begun
    after = _cpu_seconds(stream.platform)
    stream.platform.stop(SIMULATOR)
    wait_until(stream.is_drained, "the ledger reaches Kafka's end")
    report = stream.drain()
    record = Path(stream.platform.environment(SIMULATOR)["RECORD_PATH"])
    expected = expected_of(decode_entries(record.read_bytes().splitlines(keepends=True)))
    (written,) = stream.rows("SELECT COUNT(*) FROM eventos_clientes")
    sent = len(expected.events) + expected.repeats + len(expected.dead)
    figures = {
        "events_per_s": round(sent / (elapsed + WARM_UP_SECONDS)),
        "lag_first_minute": max(lags[:12]),
        "lag_last_minute": max(lags[-12:]),
        "lag_median": statistics.median(lags),
        "cpu_cores": {n: round((after[n] - before[n]) / elapsed, 2) for n in EVERY_PART},
    }
    print(json.dumps(figures))
    assert report.exact, report.problems
    assert written[0] == len(expected.events)
    assert figures["lag_last_minute"] <= figures["lag_first_minute"] * 1.5
