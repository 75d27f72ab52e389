"""Whatever the OpenAPI documents of the running services allow or forbid, their answers keep to."""

from collections.abc import Iterator

import httpx
import pytest
from tests.support.openapi import check_document
from tests.support.platform import local_settings
from tests.support.waiting import wait_until

from vitrine_local.platform import LocalPlatform

API, PRODUCER = "analytics-api", "event-producer"
STREAM = "/metricas/tempo_real/stream"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Both services with all that they need."""
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("openapi"))) as running:
        running.start([API, PRODUCER])
        wait_until(
            lambda: httpx.get(f"{url_of(running, API)}/readyz").status_code == 200, "it is ready"
        )
        yield running


def url_of(platform: LocalPlatform, name: str) -> str:
    return f"http://127.0.0.1:{platform.environment(name)['LISTEN_PORT']}"


def test_analytics_api_keeps_to_its_document(platform: LocalPlatform) -> None:
    assert check_document(url_of(platform, API), left_out=(STREAM,)) > 100


def test_event_producer_keeps_to_its_document(platform: LocalPlatform) -> None:
    """Segment's clients drop a whole batch for a 4xx, so that what is wrong in it is left."""
    token = (platform.layout.secrets / "stock_token").read_text()
    assert check_document(url_of(platform, PRODUCER), lenient=("/v1",), token=token) > 100
