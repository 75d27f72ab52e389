"""Both services that answer requests, with all that they need."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from tests.support.platform import local_settings
from tests.support.waiting import wait_until

from vitrine_local.platform import LocalPlatform

API: Final = "analytics-api"
PRODUCER: Final = "event-producer"


def url_of(platform: LocalPlatform, name: str) -> str:
    """Where a service listens."""
    return f"http://127.0.0.1:{platform.environment(name)['LISTEN_PORT']}"


@contextmanager
def running_services(folder: Path) -> Iterator[LocalPlatform]:
    """A platform with both; the API has everything that it reads."""
    with LocalPlatform(local_settings(folder)) as running:
        running.start([API, PRODUCER])
        wait_until(
            lambda: httpx.get(f"{url_of(running, API)}/readyz").status_code == 200, "it is ready"
        )
        yield running
