"""Whatever is killed, lost or away: afterwards every event is accounted for, once."""

import shutil
import time
from pathlib import Path

import pytest
from tests.support.platform import free_ports
from tests.support.stream import STREAM, SecondDriver, Stream, encoded, event, mixed
from tests.support.waiting import wait_until

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


@pytest.fixture
def failpoints(tmp_path: Path) -> Path:
    folder = tmp_path / "failpoints"
    folder.mkdir()
    return folder


def _arm(failpoints: Path, name: str) -> Path:
    (failpoints / f"{name}.armed").touch()
    return failpoints / f"{name}.reached"


def _start(stream: Stream, failpoints: Path) -> None:
    stream.platform.start_part(STREAM, {"FAILPOINTS_DIR": str(failpoints)})


@pytest.mark.timeout(900)
def test_a_driver_killed_at_any_point_loses_and_repeats_nothing(
    stream: Stream, failpoints: Path
) -> None:
    _start(stream, failpoints)
    for point in POINTS:
        marker = _arm(failpoints, point)
        stream.put(mixed(200))
        wait_until(marker.exists, f"the stream reaches {point}")
        stream.platform.kill(STREAM)
        marker.unlink()
        _start(stream, failpoints)
        stream.put(mixed(50))
        report = stream.drain()
        assert report.exact, (point, report.problems)
    (good,) = stream.rows("SELECT COUNT(*) FROM eventos_clientes")
    assert good[0] == len(POINTS) * 250
    dead = dict(stream.rows("SELECT motivo, COUNT(*) FROM eventos_rejeitados GROUP BY motivo"))
    reasons = ("vazio", "nao_utf8", "nao_json", "tipo_errado", "nao_objeto")
    assert dead == dict.fromkeys(reasons, 2 * len(POINTS))


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
        stream.platform.start_part(STREAM)
        assert stream.drain().exact
        marker.unlink()
        assert old.wait(60) == 3
    finally:
        old.kill()
    stream.put(mixed(100))
    assert stream.drain().exact


@pytest.mark.timeout(300)
def test_a_deleted_checkpoint_loses_and_repeats_nothing(stream: Stream) -> None:
    stream.platform.start_part(STREAM)
    stream.put(mixed(100))
    assert stream.drain().exact
    stream.platform.stop(STREAM)
    checkpoint = stream.platform.environment(STREAM)["CHECKPOINT_URL"].removeprefix("file://")
    shutil.rmtree(checkpoint)
    stream.put(mixed(100))
    stream.platform.start_part(STREAM)
    assert stream.drain().exact


@pytest.mark.timeout(400)
def test_a_warehouse_away_for_a_minute_makes_lag_and_no_dead_letter(stream: Stream) -> None:
    stream.platform.start_part(STREAM)
    stream.put(encoded(event() for _ in range(100)))
    assert stream.drain().exact
    dead = stream.rows("SELECT COUNT(*) FROM eventos_rejeitados")
    stream.platform.kill("redshift-local")
    back_at = time.monotonic() + 60
    while time.monotonic() < back_at:
        stream.put(encoded(event() for _ in range(50)))
        stream.producer.poll(0.1)  # a pace, or the backlog is as large as the machine is quick
    stream.platform.start_part("redshift-local")
    assert stream.drain().exact
    assert stream.rows("SELECT COUNT(*) FROM eventos_rejeitados") == dead


@pytest.mark.timeout(400)
def test_kafka_restarted_under_load_loses_and_repeats_nothing(stream: Stream) -> None:
    stream.platform.start_part(STREAM)
    for round_number in range(6):
        for value in mixed(200):
            stream.producer.produce("eventos_clientes", value, b"u2")
        stream.producer.poll(0)
        if round_number == 2:
            stream.platform.kill("kafka")
            stream.platform.start_part("kafka")
    assert stream.producer.flush(60) == 0
    assert stream.drain().exact
