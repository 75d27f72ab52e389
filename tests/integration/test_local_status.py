"""What `vitrine status` and `vitrine top` show, and what they measure of real processes."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, ConsumerGroupState, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from tests.support.kafka import create_topic
from tests.support.platform import kafka_servers, platform_of
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local.lag import CLICK_LOGGER, GroupLag
from vitrine_local.platform import LocalPlatform
from vitrine_local.processes import Process, Record, find, forget
from vitrine_local.usage import CpuMeter, memory

TOP = [sys.executable, "-m", "vitrine_local.main", "top"]

platform = platform_of("kafka")


@contextmanager
def running(program: str) -> Iterator[Process]:
    """A Python program until the end of the block."""
    child = subprocess.Popen([sys.executable, "-c", program])
    try:
        found = find(child.pid)
        assert found
        yield found
    finally:
        child.kill()
        child.wait()


def test_cpu_is_told_per_group_and_since_the_last_look() -> None:
    with running("while True: pass") as busy, running("import signal; signal.pause()") as idle:
        wait_until(lambda: psutil.Process(busy.pid).cpu_times().user > 0.2, "it has begun")
        meter = CpuMeter()
        assert meter.look({"busy": [busy], "idle": [idle]}) == {"busy": 0.0, "idle": 0.0}
        used = psutil.Process(busy.pid).cpu_times().user
        wait_until(lambda: psutil.Process(busy.pid).cpu_times().user > used + 0.5, "it works on")
        cores = meter.look({"busy": [busy], "idle": [idle]})
    assert 0.05 < cores["busy"] <= 1.1
    assert cores["idle"] < 0.05


def test_what_has_ended_uses_nothing() -> None:
    with running("import signal; signal.pause()") as process:
        wait_until(lambda: memory([process]) > 1024 * 1024, "it has begun")
        meter = CpuMeter()
        meter.look({"p": [process]})
    assert memory([process]) == 0
    assert meter.look({"p": [process]}) == {"p": 0.0}


@contextmanager
def top_on_a_terminal(state_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`vitrine top` once it has drawn, and the other end of its terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"VITRINE_STATE_DIR": str(state_dir), "TERM": "xterm"}
    # A shell that ran these tests in the background would have it ignore Ctrl-C.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    child = subprocess.Popen(TOP, **streams, env=environment, preexec_fn=heeds)
    os.close(theirs)
    try:
        drawn = b""
        while b"Ctrl-C ends this view" not in drawn:
            drawn += os.read(ours, 65_536)
        assert b"nothing runs in" in drawn
        yield child, ours
    finally:
        child.kill()
        child.wait()
        os.close(ours)


@pytest.mark.timeout(60)
def test_top_ends_with_q(tmp_path: Path) -> None:
    with top_on_a_terminal(tmp_path) as (child, keyboard):
        os.write(keyboard, b"xq")
        assert child.wait(20) == 0


@pytest.mark.timeout(60)
def test_top_ends_with_ctrl_c(tmp_path: Path) -> None:
    with top_on_a_terminal(tmp_path) as (child, _):
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0


def test_top_prints_once_where_there_is_no_terminal(tmp_path: Path) -> None:
    environment = os.environ | {"VITRINE_STATE_DIR": str(tmp_path)}
    done = subprocess.run(TOP, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, f"nothing runs in {tmp_path}\n")


@pytest.fixture(scope="module")
def servers(platform: LocalPlatform) -> str:
    """A Kafka with seven events, the first of partition 1 expired."""
    servers = kafka_servers(platform)
    create_topic(servers, TOPIC_EVENTOS, partitions=2)
    producer = Producer({"bootstrap.servers": servers})
    for partition in (0, 0, 0, 0, 0, 1, 1):
        producer.produce(TOPIC_EVENTOS, b"{}", partition=partition)
    assert producer.flush(30) == 0
    expired = TopicPartition(TOPIC_EVENTOS, 1, 1)
    admin = AdminClient({"bootstrap.servers": servers})
    admin.delete_records([expired])[expired].result(30)
    return servers


def commit(servers: str, group: str, offset: int) -> None:
    """In partition 0, as a consumer that is no member."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": group})
    consumer.commit(offsets=[TopicPartition(TOPIC_EVENTOS, 0, offset)], asynchronous=False)
    consumer.close()


def test_the_lag_of_a_group_counts_from_what_it_has_committed(
    platform: LocalPlatform, servers: str
) -> None:
    lag = GroupLag(platform.settings, "a-group")
    wait_until(lambda: lag.ask() == "6", "the new cluster has a coordinator")
    for offset, expected in ((3, "3"), (5, "1")):
        commit(servers, "a-group", offset)
        assert lag.ask() == expected
    admin = AdminClient({"bootstrap.servers": servers})
    group = admin.describe_consumer_groups(["a-group"])["a-group"].result(30)
    assert (group.state, group.members) == (ConsumerGroupState.EMPTY, [])


@pytest.mark.usefixtures("servers")
def test_the_lag_is_unknown_while_kafka_does_not_answer(platform: LocalPlatform) -> None:
    lag = GroupLag(platform.settings, "another-group")
    wait_until(lambda: lag.ask() == "6", "the lag is known")
    platform.pause("kafka")
    try:
        assert lag.ask() == "?"
    finally:
        platform.resume("kafka")
    wait_until(lambda: lag.ask() == "6", "Kafka answers again")


def test_status_tells_the_lag_of_click_logger(platform: LocalPlatform, servers: str) -> None:
    commit(servers, CLICK_LOGGER, 1)
    run, state_dir = platform.layout.run, str(platform.layout.root)
    environment = os.environ | {"VITRINE_STATE_DIR": state_dir}
    with running("import signal; signal.pause()") as process:
        Record(CLICK_LOGGER, process.pid, process.started, "a mark").write(run)
        try:
            done = subprocess.run(TOP, env=environment, capture_output=True, text=True, check=False)
        finally:
            forget(run, CLICK_LOGGER)
    lags = [line.split()[0] for line in done.stdout.splitlines() if line.endswith("  lag: 5")]
    assert (done.returncode, lags) == (0, [CLICK_LOGGER])
