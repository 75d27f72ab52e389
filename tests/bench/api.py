"""What analytics-api costs, beside plain FastAPI and beside no framework at all."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import psutil
from tests.bench.cpu import cpu_seconds
from tests.bench.http_load import answers, drive, get, hanging_readers
from tests.support.platform import free_ports
from tests.support.waiting import wait_until

PATH: Final = "/produtos/mais_vendidos?inicio=2024-01-01&fim=2024-01-31"
STREAM: Final = "/metricas/tempo_real/stream"
NAMES: Final = ("api", "dictionary", "query", "raw")
CONNECTIONS: Final = 8
ROUNDS: Final = 3
READERS: Final = 200
READER_ROUNDS: Final = 10
CELLS: Final = ((1_000, 10_000), (100, 100_000))
"""Days and products; ten million either way."""


@dataclass(frozen=True)
class Server:
    """One of the services of `api_server`."""

    port: int
    pid: int


def analytics_api() -> dict[str, Any]:
    """Requests per CPU second of four services, a period over ten million cells, and answers while
    readers of the stream hang."""
    return {
        "requests_per_cpu_s": _requests(),
        "cells": [_cells(days, products) for days, products in CELLS],
        "hanging_readers": _beside_hanging_readers(),
    }


def _requests() -> dict[str, Any]:
    """In turns, so that all of them meet the same hour of the machine; the median of the turns."""
    with TemporaryDirectory(prefix="bench-") as folder:
        body = Path(folder) / "body"
        with running_server("api") as api:
            body.write_bytes(_get(api).content)
        turns = [{name: _turn(name, body) for name in NAMES} for _ in range(ROUNDS)]
    found = {name: statistics.median(turn[name] for turn in turns) for name in NAMES}
    return {name: round(rate) for name, rate in found.items()} | {
        "api_over_query": round(found["api"] / found["query"], 1),
        "api_over_dictionary": round(found["api"] / found["dictionary"], 1),
        "api_over_raw": round(found["api"] / found["raw"], 2),
    }


def _turn(name: str, body: Path) -> float:
    print(f"asking {name} …", flush=True)
    requests = 60 if name == "query" else 2_000
    with running_server(name, str(body)) as server:
        assert _get(server).json() == json.loads(body.read_bytes()), name
        _ask(server, CONNECTIONS * 20, connections=CONNECTIONS)
        before = cpu_seconds([server.pid])
        seconds = _ask(server, CONNECTIONS * requests, connections=CONNECTIONS)
        return len(seconds) / (cpu_seconds([server.pid]) - before)


def _ask(server: Server, requests: int, *, connections: int, every: float = 0.0) -> list[float]:
    """Seconds of each answer."""
    request = get(PATH, "application/json")
    found = drive(server.port, repeat(request, requests), connections=connections, every=every)
    assert found.statuses == {200: requests}
    return found.seconds


def _cells(days: int, products: int) -> dict[str, Any]:
    print(f"loading {days:,} days of {products:,} products …", flush=True)
    command = [sys.executable, "-m", "tests.bench.api_cells", str(days), str(products)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {"days": days, "products": products} | found


def _beside_hanging_readers() -> dict[str, Any]:
    """A request each two milliseconds, in turns without and with readers."""
    print(f"asking while {READERS} readers hang …", flush=True)
    without, beside = _Paced(), _Paced()
    with running_server("api") as server:
        for _ in range(READER_ROUNDS):
            without.go_on(server)
            with hanging_readers(server.port, STREAM, READERS):
                beside.go_on(server)
            wait_until(partial(_is_left_alone, server), "nobody asks it")
    return {
        "readers": READERS,
        "without": without.told(),
        "beside": beside.told(),
        "p99_ratio": round(beside.p99() / without.p99(), 2),
    }


@dataclass
class _Paced:
    """What the same requests took, and the CPU of the server beside."""

    seconds: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def go_on(self, server: Server) -> None:
        before = cpu_seconds([server.pid])
        self.seconds += _ask(server, 1_000, connections=1, every=0.002)
        self.cpu_s += cpu_seconds([server.pid]) - before

    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98]

    def told(self) -> dict[str, float]:
        p50 = statistics.median(self.seconds)
        per_request = self.cpu_s / len(self.seconds)
        return {
            "p50_ms": round(1_000 * p50, 2),
            "p99_ms": round(1_000 * self.p99(), 2),
            "cpu_us_per_request": round(1_000_000 * per_request),
        }


def _is_left_alone(server: Server) -> bool:
    """All that the readers cost has been cleared away."""
    connections = psutil.Process(server.pid).net_connections()
    return all(connection.status == psutil.CONN_LISTEN for connection in connections)


@contextmanager
def running_server(name: str, *arguments: str) -> Iterator[Server]:
    """The service of this name, in a process of its own."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", "tests.bench.api_server", name, str(port), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        server = Server(port, process.pid)
        wait_until(lambda: answers(server.port), "it answers")
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _get(server: Server) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}{PATH}", timeout=5)
