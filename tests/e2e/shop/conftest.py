"""A make-believe shop that was open for 20,000 events, its record, and its platform. The folder is
a package, so that its platform ends with it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.support.closed_shop import ClosedShop
from tests.support.open_shop import SIMULATOR, start_poller
from tests.support.platform import local_settings
from tests.support.stream import Stream
from tests.support.waiting import wait_until

from shop_simulator.record import Kind, decode_entries, expected_of
from vitrine_local.declared_parts import BACKING
from vitrine_local.platform import LocalPlatform

EVENTS: Final = 20_000
SEED: Final = 7
FAULTS = {
    "MAX_EVENTS": str(EVENTS),
    "EVENTS_PER_SECOND": "4000",
    "TIME_COMPRESSION": "0",
    "SHARE_LATE": "0.02",
    "SHARE_REPEATED": "0.02",
    "SHARE_BROKEN": "0.01",
}


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stream]:
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("shop"), seed=SEED)) as platform:
        platform.start([*BACKING, "event-producer", "analytics-api"])
        stream = Stream.of(platform)
        stream.start()
        platform.start_part(SIMULATOR, FAULTS)
        start_poller(platform, poll_seconds=0.5)
        wait_until(lambda: not platform.process_ids(SIMULATOR), "the shop closes", seconds=240)
        platform.stop("inventory-poller")
        yield stream


@pytest.fixture(scope="package", autouse=True)
def closed_shop(shop: Stream) -> ClosedShop:
    """Before a test lets the shop send more, whichever comes first."""
    record = Path(shop.platform.environment(SIMULATOR)["RECORD_PATH"])
    entries = decode_entries(record.read_bytes().splitlines(keepends=True))
    assert len(entries) == EVENTS
    kinds = Counter(entry.kind for entry in entries)
    assert all(kinds[kind] >= 50 for kind in Kind), kinds
    return ClosedShop.of(shop, expected_of(entries))
