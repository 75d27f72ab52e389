"""Whatever the OpenAPI documents of the running services allow or forbid, their answers keep to."""

import pytest
from tests.support.http_services import API, PRODUCER, url_of
from tests.support.openapi import check_document

from vitrine_local.platform import LocalPlatform

STREAM = "/metricas/tempo_real/stream"


@pytest.fixture(scope="module")
def platform(http_services: LocalPlatform) -> LocalPlatform:
    return http_services


def test_analytics_api_keeps_to_its_document(platform: LocalPlatform) -> None:
    assert check_document(url_of(platform, API), left_out=(STREAM,)) > 100


def test_event_producer_keeps_to_its_document(platform: LocalPlatform) -> None:
    """Segment's clients drop a whole batch for a 4xx, so that what is wrong in it is left."""
    token = (platform.layout.secrets / "stock_token").read_text()
    assert check_document(url_of(platform, PRODUCER), lenient=("/v1",), token=token) > 100
