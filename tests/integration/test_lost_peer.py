"""A peer that is gone without a word, as a killed pod's address is: seen soon, on both sides.

Needs root, since the cable to the warehouse is cut in a network namespace of its own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
import redshift_connector
from tests.support.redshift import LocalRedshift, local_redshift, redshift_local
from tests.support.waiting import wait_until

_CAN_CUT: Final = os.geteuid() == 0 and shutil.which("ip") is not None
pytestmark = pytest.mark.skipif(not _CAN_CUT, reason="needs root and iproute2")

HERE: Final = "198.18.231.1"
THERE: Final = "198.18.231.2"
SPACE: Final = "vitrine-lost"
DEVICE: Final = "vitrine-lost"
NOTICED_SECONDS: Final = 20

CLIENT: Final = """
import sys, time
from service_runtime.errors import TransientError
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

before, last = sys.argv[1:]
warehouse = Warehouse(WarehouseSettings(), application="lost")
def waits():
    print("ready", flush=True)
    sys.stdin.readline()
try:
    if before == "connect":
        waits()
    with warehouse.transaction() as transaction:
        transaction.row("SELECT 1")
        if before == "statement":
            waits()
        else:
            print("ready", flush=True)
        transaction.row(last)
except TransientError as error:
    print(error, flush=True)
"""


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextmanager
def cable() -> Iterator[None]:
    """A network namespace, and a cable to it."""
    ip("netns", "add", SPACE)
    try:
        ip("link", "add", DEVICE, "type", "veth", "peer", "name", "eth0", "netns", SPACE)
        ip("address", "add", f"{HERE}/30", "dev", DEVICE)
        ip("link", "set", DEVICE, "up")
        ip("-n", SPACE, "address", "add", f"{THERE}/30", "dev", "eth0")
        ip("-n", SPACE, "link", "set", "eth0", "up")
        yield
    finally:
        ip("link", "delete", DEVICE)
        ip("netns", "delete", SPACE)


@pytest.fixture
def redshift(tmp_path: Path) -> Iterator[LocalRedshift]:
    """A warehouse on loopback."""
    with local_redshift(tmp_path) as running:
        yield running


@pytest.fixture
def far(redshift: LocalRedshift) -> Iterator[dict[str, str]]:
    """How the other end of a cable finds another door to that warehouse, on this end."""
    with (
        cable(),
        redshift_local(redshift.postgres_port, redshift.s3_url, host=HERE) as (port, _),
    ):
        yield redshift.environment | {"WAREHOUSE_HOST": HERE, "WAREHOUSE_PORT": str(port)}


def client(environment: dict[str, str], before: str, last: str) -> "subprocess.Popen[str]":
    """One on the other end, which has come to the point that is named."""
    started = subprocess.Popen(
        ["ip", "netns", "exec", SPACE, sys.executable, "-c", CLIENT, before, last],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_a_lost_peer_is_noticed_by_both_sides(redshift: LocalRedshift, far: dict[str, str]) -> None:
    with (
        closing(redshift.connect()) as holder,
        closing(redshift.connect()) as watcher,
        ExitStack() as stack,
    ):
        watcher.autocommit = True
        watcher.cursor().execute("CREATE TABLE held (a INT)")
        holder.cursor().execute("LOCK TABLE held")
        clients = {
            "that connects": client(far, "connect", "SELECT 1"),
            "whose statement is on its way": client(far, "statement", "SELECT 1"),
            "that waits for the answer": client(far, "answer", "SELECT a FROM held"),
        }
        for process in clients.values():
            stack.callback(process.kill)
        wait_until(lambda: sessions(watcher) == 2, "two clients are connected")
        ip("address", "delete", f"{HERE}/30", "dev", DEVICE)
        for who, process in clients.items():
            said, _ = process.communicate("go\n", timeout=NOTICED_SECONDS)
            assert said.startswith("warehouse: "), f"{who}: {said!r}"
        holder.rollback()
        wait_until(lambda: sessions(watcher) == 0, "PostgreSQL has ended both sessions")


def sessions(watcher: redshift_connector.Connection) -> int:
    """How many of the clients PostgreSQL serves."""
    cursor = watcher.cursor()
    cursor.execute("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'lost'")
    return int(cursor.fetchone()[0])
