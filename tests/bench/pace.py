"""What the platform costs, and how fast it is, while a shop is open."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

import httpx
import psutil
from tests.bench.cpu import cpu_seconds
from tests.bench.stream import Figures, fresh_platform
from tests.support.stream import STREAM, Stream, purchase

from vitrine_local.declared_parts import BACKING
from vitrine_local.deployables import RUNNING
from vitrine_local.platform import LocalPlatform

SIMULATOR: Final = "shop-simulator"
DEPLOYED: Final = ("event-producer", STREAM, "analytics-api")
WHOLE_DEMO: Final = tuple(name for name in RUNNING if name != SIMULATOR)
EVERY_PART: Final = (*BACKING, *RUNNING)
WARM_UP_SECONDS: Final = 60
MEASURED_SECONDS: Final = 120


def idle_cores() -> Figures:
    """Cores that each part of the whole demo uses at 100 events a second, and while its shop, whose
    stock is still asked for, has next to no visitor."""
    found: Figures = {}
    with _open_shop(WHOLE_DEMO, rate=100) as stream:
        for state in ("open", "without visitors"):
            cores = _cores(stream, lambda: time.sleep(MEASURED_SECONDS))
            found[state] = {"cores": cores, "in all": round(sum(cores.values()), 2)}
            stream.platform.stop(SIMULATOR)
            stream.platform.start_part(SIMULATOR, _evenly(0.001))
            time.sleep(WARM_UP_SECONDS)
    return found


def visibility() -> Figures:
    """Seconds from the POST of a purchase to its sight in `/vendas/resumo`, at 500 events/s."""
    seconds: list[float] = []
    with _open_shop(rate=500) as stream:
        cores = _cores(stream, lambda: seconds.extend(_probe(stream, probes=200, every=0.6)))
        memory = _memory_gib(stream.platform)
        stream.platform.stop(SIMULATOR)
        report = stream.drain()
        assert report.exact, report.problems
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "p50_s": round(cuts[49], 2),
        "p99_s": round(cuts[98], 2),
        "memory_gib": round(memory, 2),
        "cores": cores,
    }


def sustained() -> Figures:
    """2,000 events a second for as long as is measured: whether the lag grows."""
    with _open_shop(rate=2000) as stream:
        lags = [_lag(stream)]
        cores = _cores(stream, lambda: time.sleep(MEASURED_SECONDS))
        lags.append(_lag(stream))
        stream.platform.stop(SIMULATOR)
        report = stream.drain()
        assert report.exact, report.problems
    return {"lag_before": lags[0], "lag_after": lags[1], "cores": cores}


@contextmanager
def _open_shop(parts: Sequence[str] = DEPLOYED, *, rate: int) -> Iterator[Stream]:
    """These parts of the platform with a shop at an even rate, warmed up."""
    with fresh_platform() as stream:
        stream.platform.start(parts)
        stream.platform.start_part(SIMULATOR, _evenly(rate))
        time.sleep(WARM_UP_SECONDS)
        yield stream


def _evenly(rate: float) -> dict[str, str]:
    return {"EVENTS_PER_SECOND": str(rate), "TIME_COMPRESSION": "0"}


def _cores(stream: Stream, meanwhile: Any) -> dict[str, float]:
    before, begun = _used(stream.platform), time.monotonic()
    meanwhile()
    after, elapsed = _used(stream.platform), time.monotonic() - begun
    return {name: round((used - before[name]) / elapsed, 2) for name, used in after.items()}


def _used(platform: LocalPlatform) -> dict[str, float]:
    return {name: cpu_seconds(pids) for name, pids in _processes(platform).items()}


def _processes(platform: LocalPlatform) -> dict[str, Sequence[int]]:
    """Those of each part that runs."""
    running = [name for name in EVERY_PART if name in platform.names]
    return {name: platform.process_ids(name) for name in running}


def _memory_gib(platform: LocalPlatform) -> float:
    """Proportional set sizes: what forks share counts once."""
    pids = [pid for found in _processes(platform).values() for pid in found]
    return sum(psutil.Process(pid).memory_full_info().pss for pid in pids) / 2**30


def _lag(stream: Stream) -> int:
    url = f"{stream.platform.settings.url_of('analytics-api')}/pipeline/conciliacao"
    partitions = httpx.get(url, timeout=10).raise_for_status().json()["particoes"]
    return sum(partition["atraso"] or 0 for partition in partitions)


def _probe(stream: Stream, *, probes: int, every: float) -> list[float]:
    posted: dict[str, float] = {}
    seen: dict[str, float] = {}
    finished = threading.Event()

    def watch() -> None:
        with httpx.Client(timeout=10) as client:
            base = f"{stream.platform.settings.url_of('analytics-api')}/vendas/resumo"
            while not (finished.is_set() and seen.keys() == posted.keys()):
                for product in posted.keys() - seen.keys():
                    if client.get(base, params={"id_produto": product}).json()["itens"]:
                        seen[product] = time.monotonic()
                time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    url = f"{stream.platform.settings.url_of('event-producer')}/eventos"
    with httpx.Client(timeout=10) as client:
        for _ in range(probes):
            product = f"sonda-{uuid4()}"
            posted[product] = time.monotonic()
            client.post(url, json=purchase(id_produto=product)).raise_for_status()
            time.sleep(every)
    finished.set()
    watcher.join(timeout=60)
    return [seen[product] - posted[product] for product in posted]
