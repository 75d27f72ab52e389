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
from tests.support.waiting import wait_until

from vitrine_local.processes import Process, find
from vitrine_local.usage import CpuMeter, memory

TOP = [sys.executable, "-m", "vitrine_local.main", "top"]


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
