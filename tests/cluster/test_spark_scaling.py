"""The stream's executors, set by lag-scaler while the stream runs on."""

import json
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from tests.cluster.cluster import ready, wait_until
from tests.cluster.release import MARKS, NAME, Release
from tests.cluster.usage import assert_exact, buy
from tests.support.kubernetes_programs import kubectl

pytestmark = [*MARKS, pytest.mark.slow]

STREAM: Final = f"{NAME}-stream-processor"
CONFIG_MAP: Final = f"{STREAM}-executors"
QUERY: Final = "warehouse"
BATCHES: Final = 10
"""That are seen at each number of executors."""


@pytest.fixture(scope="module")
def scaled(release: Release) -> Iterator[Release]:
    """A release whose stream is scaled, and logs each batch: it begins one every 5 seconds, and the
    driver looks every second."""
    stream = {
        "autoscaling.mode": "Act",
        "autoscaling.maxReplicas": "4",
        "config.logLevel": "DEBUG",
        "config.warehouseTriggerSeconds": "5",
    }
    with release.with_settings(**{f"stream-processor.{name}": v for name, v in stream.items()}):
        release.wait_until_ready()
        yield release
        ask(release, 1)
        wait_until(lambda: has(release, 1), "one executor is left")
    release.wait_until_ready()


@contextmanager
def batches_of(release: Release, folder: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the driver logs of each batch of the warehouse query from now on."""
    options = (f"--kubeconfig={release.cluster.kubeconfig}", "-n", release.cluster.namespace)
    command = [
        str(kubectl()),
        *options,
        "logs",
        "--follow",
        "--tail=0",
        f"deployment/{STREAM}-driver",
    ]
    path = folder / "driver.log"

    def found() -> list[dict[str, Any]]:
        lines = [line for line in path.read_text().splitlines() if '"micro-batch done"' in line]
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry for entry in entries if entry["query"] == QUERY]

    with path.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield found
    finally:
        process.terminate()
        process.wait()


def wait_for_more(batches: Callable[[], list[dict[str, Any]]]) -> None:
    """Wait until further batches are logged."""
    passed = len(batches()) + BATCHES
    wait_until(lambda: len(batches()) >= passed, "further batches")


def ask(release: Release, count: int) -> None:
    """Let lag-scaler set a number of executors, whatever the lag is."""
    until = datetime.now(UTC) + timedelta(hours=1)
    override = {"replicas": count, "until": f"{until:%Y-%m-%dT%H:%M:%SZ}", "reason": "test"}
    change = json.dumps({"spec": {"override": override}})
    release.cluster.kubectl("patch", "streamscaler", STREAM, "--type=merge", f"--patch={change}")


def has(release: Release, count: int) -> bool:
    """Whether the driver says so, and as many pods run."""
    data = release.cluster.object("configmap", CONFIG_MAP)["data"]
    pods = release.executors()
    told = f"{count} asked for, {count} running."
    return data["message"] == told and [ready(pod) for pod in pods] == [True] * count


def restarts(release: Release) -> list[tuple[str, int]]:
    """The driver's pods, and how often each began anew."""
    pods = release.cluster.objects("pods", "--selector=app.kubernetes.io/component=driver")
    states = [(p["metadata"]["uid"], p["status"]["containerStatuses"]) for p in pods]
    return [(uid, status["restartCount"]) for uid, (status, *_) in states]


def test_executors_come_and_go_without_a_restart(scaled: Release, tmp_path: Path) -> None:
    wait_until(lambda: has(scaled, 1), "one executor")
    before = restarts(scaled)
    with batches_of(scaled, tmp_path) as batches:
        wait_for_more(batches)  # of a driver just started, which is slow at first
        settled = len(batches())
        for count in (1, 3, 1):
            ask(scaled, count)
            seconds = wait_until(partial(has, scaled, count), f"{count} executors")
            print(f"{count} executors {seconds:.0f} s after they were asked for")
            wait_for_more(batches)
            buy(scaled)
        found = batches()
    took = [batch["ms"]["triggerExecution"] / 1000 for batch in found[settled:]]
    median = statistics.median(took)
    print(f"{len(took)} batches, median {median:.1f} s, slowest {max(took):.1f} s")
    print(f"slowest to median {max(took) / median:.2f}: {took}")
    assert restarts(scaled) == before
    assert len({batch["run"] for batch in found}) == 1
    first = found[0]["batch"]
    assert [batch["batch"] for batch in found] == list(range(first, first + len(found)))
    assert_exact(scaled)


def test_an_upgrade_keeps_what_was_asked_for(scaled: Release) -> None:
    ask(scaled, 2)
    wait_until(lambda: has(scaled, 2), "two executors")
    scaled.upgrade(**{"stream-processor.config.warehouseTriggerSeconds": "2"})
    wait_until(lambda: has(scaled, 2), "two executors again")
    names = [pod["metadata"]["name"] for pod in scaled.executors()]
    assert sorted(name.rpartition("-")[2] for name in names) == ["1", "2"], "from the start"
    buy(scaled)
