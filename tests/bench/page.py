"""What the live page transfers, how soon it shows an update, and what its readers cost the API."""

import asyncio
import statistics
import time
from typing import Any, Final

from playwright.sync_api import Page, expect
from tests.bench.api import STREAM, Server, running_server
from tests.bench.cpu import cpu_seconds
from tests.bench.http_load import HOST, get
from tests.support.browser import chromium
from tests.support.transfer import Transfer

READERS: Final = 500
SECONDS: Final = 30
_SHOWN: Final = """
    window.waits = [];
    window.EventSource = class extends EventSource {
        constructor(url) {
            super(url);
            this.addEventListener("mudanca", (event) => {
                const made = Date.parse(JSON.parse(event.data).agora);
                requestAnimationFrame(() => setTimeout(() => window.waits.push(Date.now() - made)));
            });
        }
    };
"""
"""From the moment that the API wrote into an update until the frame that shows it is painted."""
_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def page() -> dict[str, Any]:
    """The figures change twice a second; browser and API run on this machine."""
    with running_server("api") as server:
        print("opening the page …", flush=True)
        with chromium() as browser:
            screen = _screen(browser.new_page(), server)
        print(f"reading with {READERS} connections …", flush=True)
        return screen | _readers(server)


def _screen(page: Page, server: Server) -> dict[str, Any]:
    transfer = Transfer(page)
    page.add_init_script(_SHOWN)
    page.goto(f"http://{HOST}:{server.port}")
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=60_000)
    transferred, paint = transfer.total, page.evaluate(_PAINT)
    page.wait_for_timeout(SECONDS * 1_000)
    waits = page.evaluate("window.waits")
    return {
        "bytes_with_the_chart": transferred,
        "first_paint_ms": round(paint),
        "updates": len(waits),
        "update_shown_p50_ms": statistics.median(waits),
        "update_shown_p99_ms": statistics.quantiles(waits, n=100)[98],
        "update_shown_max_ms": max(waits),
    }


def _readers(server: Server) -> dict[str, Any]:
    events, cores = asyncio.run(_read(server))
    return {
        "readers": READERS,
        "events_per_reader_per_s": round(events / READERS / SECONDS, 2),
        "cores": round(cores, 3),
    }


async def _read(server: Server) -> tuple[int, float]:
    """Events that all readers got in SECONDS, and the cores that the API used meanwhile."""
    connections = [await asyncio.open_connection(HOST, server.port) for _ in range(READERS)]
    for _, writer in connections:
        writer.write(get(STREAM))
    counts = [0] * READERS
    tasks = [
        asyncio.create_task(_count(reader, counts, n)) for n, (reader, _) in enumerate(connections)
    ]
    while not all(counts):
        await asyncio.sleep(0.1)
    first, cpu, began = sum(counts), cpu_seconds([server.pid]), time.perf_counter()
    await asyncio.sleep(SECONDS)
    events = sum(counts) - first
    cores = (cpu_seconds([server.pid]) - cpu) / (time.perf_counter() - began)
    assert not any(task.done() for task in tasks), "every reader still reads"
    for task in tasks:
        task.cancel()
    return events, cores


async def _count(reader: asyncio.StreamReader, counts: list[int], number: int) -> None:
    while line := await reader.readline():
        counts[number] += line.startswith(b"event: ")
