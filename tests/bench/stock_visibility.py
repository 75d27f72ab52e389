"""How long after a warehouse API has a change `/estoque` tells of it.

The whole platform runs, with the poller at its usual pace, before an API of 100,000 products of
which one in a hundred changes each minute.
"""

import json
import statistics
import time
from collections.abc import Mapping
from typing import Final

import httpx
from tests.bench.stock import CHANGED, PRODUCTS, stock_api
from tests.bench.stream import Figures, fresh_platform
from tests.support.stream import STREAM
from tests.support.waiting import wait_until

PROBES: Final = 60
_EVERY_SECONDS: Final = 1.0
_AT_ONCE: Final = CHANGED // 60
"""Products that change each second."""
_POLLER: Final = "inventory-poller"


def visibility_of_stock() -> Figures:
    """Seconds from a change to its sight in `/estoque/{id_produto}`, one product a second."""
    with fresh_platform() as stream, stock_api() as api:
        source = {"id": "cd", "url": f"{api}/armazens/cd", "allow_private": True}
        stream.platform.start([STREAM, "analytics-api"])
        stream.platform.start_part(_POLLER, {"STOCK_APIS": json.dumps([source])})
        told = f"{stream.platform.settings.url_of('analytics-api')}/estoque"
        with httpx.Client(timeout=10) as client:
            last = f"{told}/p{PRODUCTS - 1}"
            print(f"waiting until all {PRODUCTS:,} products are told …", flush=True)
            wait_until(lambda: client.get(last).is_success, "all products are told", seconds=300)
            seconds = [_probe(client, api, told) for _ in range(PROBES)]
        report = stream.drain()
        assert report.exact, report.problems
    return {
        "products changed a second": _AT_ONCE,
        "p50_s": round(statistics.median(seconds), 2),
        "max_s": round(max(seconds), 2),
    }


def _probe(client: httpx.Client, api: str, told: str) -> float:
    """Let some products change, and wait for one of them; others change meanwhile."""
    (product, units), *_ = _change(client, api).items()
    began = changed = time.monotonic()
    while _units(client, f"{told}/{product}") != units:
        if time.monotonic() - changed > _EVERY_SECONDS:
            changed += _EVERY_SECONDS
            later = _change(client, api)
            units = later.get(product, units)
        time.sleep(0.05)
    return time.monotonic() - began


def _change(client: httpx.Client, api: str) -> Mapping[str, int]:
    answer = client.post(f"{api}/changes", params={"n": _AT_ONCE}).raise_for_status()
    levels: dict[str, int] = answer.json()
    return levels


def _units(client: httpx.Client, url: str) -> int:
    units: int = client.get(url).raise_for_status().json()["nivel_estoque"]
    return units
