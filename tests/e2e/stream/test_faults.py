"""Whatever is killed, lost or away: afterwards every event is accounted for, once."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.platform import free_ports
from tests.support.stream import STREAM, SecondDriver, Stream, encoded, event, mixed
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS

POINTS = (
    "before_staging",
    "half_staged",
    "after_staging",
    "before_transaction",
    "after_copy",
    "after_insert",
    "before_commit",
    "after_commit",
    "before_metrics",
    "after_metrics",
)
KINDS_OF_POINTS = (
    ("half_staged",),
    ("before_commit", "before_metrics"),
    ("after_commit", "after_metrics"),
)
"""One point of each kind: before, in and after the transaction. The two queries reach theirs
independently of each other, so one kill serves both."""


@pytest.fixture
def failpoints(stream: Stream, tmp_path: Path) -> Iterator[Path]:
    """Their folder; no driver runs yet. The last one is left to the next test."""
    stream.platform.kill(STREAM)
    folder = tmp_path / "failpoints"
    folder.mkdir()
    yield folder
    if any(folder.glob("*.reached")):  # the test failed, and a driver still waits there
        stream.platform.kill(STREAM)


def _arm(failpoints: Path, name: str) -> Path:
    (failpoints / f"{name}.armed").touch()
    return failpoints / f"{name}.reached"


@pytest.mark.timeout(900)
def test_a_driver_killed_at_each_kind_of_point_loses_and_repeats_nothing(
    stream: Stream, failpoints: Path
) -> None:
    _kill_at(KINDS_OF_POINTS, stream, failpoints)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_driver_killed_at_every_point_twice_loses_and_repeats_nothing(
    stream: Stream, failpoints: Path
) -> None:
    _kill_at([(point,) for point in POINTS] * 2, stream, failpoints)


def _kill_at(kills: Sequence[tuple[str, ...]], stream: Stream, failpoints: Path) -> None:
    user = str(uuid4())
    before = stream.dead_letters()
    stream.start(FAILPOINTS_DIR=str(failpoints))
    for points in kills:
        markers = [_arm(failpoints, point) for point in points]
        stream.put(mixed(200, user))
        for marker in markers:
            wait_until(marker.exists, f"the stream reaches {marker.stem}")
        stream.platform.kill(STREAM)
        for marker in markers:
            marker.unlink()
        stream.start(FAILPOINTS_DIR=str(failpoints))
        stream.put(mixed(50, user))
        report = stream.drain()
        assert report.exact, (points, report.problems)
    count = "SELECT COUNT(*) FROM eventos_clientes WHERE id_usuario = %s"
    assert stream.rows(count, (user,))[0][0] == len(kills) * 250
    reasons = ("vazio", "nao_utf8", "nao_json", "tipo_errado", "nao_objeto")
    each = dict.fromkeys(((TOPIC_EVENTOS, reason) for reason in reasons), 2 * len(kills))
    assert stream.dead_letters() - before == Counter(each)


@pytest.mark.timeout(300)
def test_an_old_driver_that_wakes_up_is_refused(stream: Stream, failpoints: Path) -> None:
    old = SecondDriver(
        stream.platform,
        FAILPOINTS_DIR=str(failpoints),
        HEALTH_PORT=str(free_ports(1)[0]),
        CHECKPOINT_URL=f"file://{failpoints}/checkpoint",
    )
    try:
        marker = _arm(failpoints, "before_transaction")
        stream.put(mixed(100))
        wait_until(marker.exists, "the old driver is about to write")
        stream.start()
        assert stream.drain().exact
        marker.unlink()
        assert old.wait(60) == 3
    finally:
        old.kill()
    stream.put(mixed(100))
    assert stream.drain().exact


@pytest.mark.timeout(300)
def test_deleted_snapshots_lose_and_repeat_nothing(running: Stream) -> None:
    running.put(mixed(100))
    assert running.drain().exact
    running.platform.stop(STREAM)
    snapshots = running.platform.environment(STREAM)["CHECKPOINT_URL"].removeprefix("file://")
    shutil.rmtree(snapshots)
    running.put(mixed(100))
    running.start()
    assert running.drain().exact


@pytest.mark.timeout(400)
def test_a_warehouse_away_for_a_minute_makes_lag_and_no_dead_letter(running: Stream) -> None:
    running.put(encoded(event() for _ in range(100)))
    assert running.drain().exact
    dead = running.dead_letters()
    running.platform.kill("redshift-local")
    back_at = time.monotonic() + 60
    while time.monotonic() < back_at:
        running.put(encoded(event() for _ in range(50)))
        running.producer.poll(0.1)  # a pace, or the backlog is as large as the machine is quick
    running.platform.start_part("redshift-local")
    assert running.drain().exact
    assert running.dead_letters() == dead


@pytest.mark.timeout(400)
def test_kafka_restarted_under_load_loses_and_repeats_nothing(running: Stream) -> None:
    for round_number in range(6):
        for value in mixed(200):
            running.producer.produce("eventos_clientes", value, b"u2")
        running.producer.poll(0)
        if round_number == 2:
            running.platform.kill("kafka")
            running.platform.start_part("kafka")
    assert running.producer.flush(60) == 0
    assert running.drain().exact
