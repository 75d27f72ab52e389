"""Each part is killed while the shop is open: all come back, and nothing is lost."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
from pymongo import MongoClient
from tests.support.platform import local_settings, mongo_url
from tests.support.stream import STREAM, Stream, short_lived
from tests.support.waiting import wait_until

from shop_simulator.record import Fate, Kind, decode_entries
from vitrine_local.declared_parts import BACKING, ready_checks
from vitrine_local.platform import LocalPlatform
from vitrine_local.processes import Record, belonging_to, read_records
from vitrine_local.restarts import Restarts
from vitrine_local.status import part_statuses

pytestmark = pytest.mark.timeout(1200)
SIMULATOR: Final = "shop-simulator"
OPEN: Final = {"EVENTS_PER_SECOND": "20", "TIME_COMPRESSION": "0", "SHARE_LATE": "0"}
SERVICES: Final = (
    *("event-producer", "analytics-api"),
    *("click-logger", "inventory-poller", "stock-alerts"),
)
LEADERS: Final = (*BACKING, *SERVICES, SIMULATOR)


@dataclass(frozen=True)
class Watched:
    """The platform with an open shop, and what it says of parts that die."""

    platform: LocalPlatform
    said: list[tuple[str, str]]

    def watch_until(self, condition: Callable[[], bool], what: str) -> None:
        """Let the platform start again what dies until the condition holds."""

        def watched() -> bool:
            self.platform.watch()
            return condition()

        wait_until(watched, what, seconds=300)

    def record(self, name: str) -> Record:
        """What the platform has on record of a part."""
        return next(r for r in read_records(self.platform.layout.run) if r.name == name)

    def is_back(self, name: str) -> bool:
        """Whether a part was started again and is ready."""
        record = self.record(name)
        ready = ready_checks(self.platform.settings)[name]
        return record.restarts == 1 and not record.state and ready()


def _failpoints(platform: LocalPlatform) -> Path:
    return platform.layout.root / "failpoints"


@contextmanager
def _staged_batch(watched: Watched) -> Iterator[None]:
    """Within the block the stream has a batch on S3 and waits before it loads it."""
    armed = _failpoints(watched.platform) / "before_transaction.armed"
    armed.touch()
    reached = armed.with_suffix(".reached")
    watched.watch_until(reached.exists, "a batch is staged")
    yield
    reached.unlink()
    log = watched.platform.layout.log(STREAM)
    watched.watch_until(lambda: "query failed and begins again" in log.read_text(), "it is missed")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    said: list[tuple[str, str]] = []
    restarts = Restarts(lambda name, what: said.append((name, what)))
    settings = local_settings(tmp_path_factory.mktemp("restarts"))
    with LocalPlatform(settings, restarts=restarts) as platform:
        platform.start([*SERVICES, "s3"])
        failpoints = _failpoints(platform)
        failpoints.mkdir()
        platform.start_part(STREAM, short_lived(platform) | {"FAILPOINTS_DIR": str(failpoints)})
        platform.start_part(SIMULATOR, OPEN)
        yield Watched(platform, said)


def _end(watched: Watched, name: str) -> None:
    """As the kernel does where memory is short: of the stream, its JVM is the largest process."""
    record = watched.record(name)
    process = psutil.Process(record.pid)
    if name == STREAM:
        process = next(child for child in process.children() if child.name() == "java")
    before = belonging_to(record)
    process.send_signal(signal.SIGKILL)
    watched.watch_until(lambda: watched.is_back(name), f"{name} is back")
    assert [left for left in before if left.alive] == []


@pytest.fixture(scope="module")
def watched(running: Watched) -> Watched:
    """Once each part was killed, came back, and the others stayed."""
    for name in (*LEADERS, STREAM):
        others = {r.name: r.pid for r in read_records(running.platform.layout.run)}
        with _staged_batch(running) if name == "s3" else nullcontext():
            _end(running, name)
        now = {r.name: r.pid for r in read_records(running.platform.layout.run)}
        assert {other for other in now if now[other] != others[other]} == {name}
    return running


def test_every_part_that_is_killed_comes_back_with_its_cause(watched: Watched) -> None:
    deaths = dict(watched.said)
    assert list(deaths) == [*LEADERS, STREAM]
    for name in LEADERS:
        log = watched.platform.layout.log(name)
        assert deaths[name] == f"was killed by signal 9; starts again in 1 s; its log: {log}"
    assert deaths[STREAM].startswith("ended with exit code 1; starts again in 1 s; its log: ")
    assert len(watched.said) == len(deaths)


def _sent(watched: Watched) -> set[str]:
    """The ids of what event-producer accepted, as the shop recorded them."""
    record = Path(watched.platform.environment(SIMULATOR)["RECORD_PATH"])
    return {
        entry.id_evento
        for entry in decode_entries(record.read_bytes().splitlines(keepends=True))
        if entry.fate is Fate.ACCEPTED and entry.kind is not Kind.BROKEN_KAFKA
    }


def test_afterwards_all_that_the_shop_sent_is_accounted_for(watched: Watched) -> None:
    stream = Stream.of(watched.platform)
    watched.watch_until(lambda: len(_sent(watched)) > 500, "the shop sent something worth counting")
    watched.platform.stop(SIMULATOR)
    watched.watch_until(stream.is_drained, "the ledger reaches Kafka's end")
    report = stream.drain()
    assert report.exact, report.problems
    written = {row[0] for row in stream.rows("SELECT id_evento FROM eventos_clientes")}
    assert _sent(watched) - written == set()


def test_afterwards_the_live_figures_are_those_of_the_warehouse(watched: Watched) -> None:
    stream = Stream.of(watched.platform)
    rows = stream.rows(
        "SELECT DATE_TRUNC('minute', \"timestamp\"), COUNT(*) FROM eventos_clientes "
        "WHERE tipo_evento = 'clique' GROUP BY 1"
    )
    clicks = {minute: int(count) for minute, count in rows}
    watched.watch_until(lambda: _clicks(watched) == clicks, "the live figures are the same")


def _clicks(watched: Watched) -> dict[object, int]:
    """Clicks of each minute, as MongoDB holds them."""
    database = watched.platform.environment(STREAM)["MONGO_DATABASE"]
    clicks: Counter[object] = Counter()
    with MongoClient[dict[str, Any]](mongo_url(watched.platform).get_secret_value()) as client:
        for found in client[database]["metricas_tempo_real"].find({"tipo": "minuto"}):
            clicks[found["minuto"]] += sum(seen["n"] for seen in found["visualizacoes"])
    return {minute: count for minute, count in clicks.items() if count}


def test_status_tells_restarts_usage_and_lag_without_the_api(watched: Watched) -> None:
    watched.platform.stop(SIMULATOR, "analytics-api")
    stream = Stream.of(watched.platform)
    watched.watch_until(stream.is_drained, "the ledger reaches Kafka's end")
    found = {
        line.name: line
        for line in part_statuses(watched.platform.settings, watched.platform.layout)
    }
    without = (SIMULATOR, "analytics-api", "stock-alerts")
    parts = [name for name in (*LEADERS, STREAM) if name not in without]
    assert {name: (found[name].state, found[name].restarts) for name in parts} == dict.fromkeys(
        parts, ("ready", 1)
    )
    assert found[STREAM].lag == "warehouse 0, metrics 0"
    assert found[STREAM].cpu > 0
    assert found[STREAM].memory > 200 * 1024 * 1024
