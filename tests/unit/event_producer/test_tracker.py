"""The tracker's files as pages of any origin get them."""

import gzip
from collections.abc import Iterator
from importlib.resources import files

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from event_producer.tracker import tracker_routes

MAX_GZIPPED_BYTES = 3072
SCRIPT = (files("event_producer") / "static" / "vitrine.js").read_bytes()
TYPES = (files("event_producer") / "static" / "vitrine.d.ts").read_bytes()


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=tracker_routes())) as client:
        yield client


def test_the_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT, 9, mtime=0)) <= MAX_GZIPPED_BYTES


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [("/vitrine.js", "text/javascript", SCRIPT), ("/vitrine.d.ts", "text/plain", TYPES)],
)
def test_a_page_of_any_origin_gets_it(
    client: TestClient, path: str, media_type: str, body: bytes
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.content == body
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(body)
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept-Encoding"


def test_who_has_it_is_told_so(client: TestClient) -> None:
    plain = client.get("/vitrine.js", headers={"Accept-Encoding": "identity"})
    assert (plain.content, plain.headers.get("content-encoding")) == (SCRIPT, None)
    headers = {"Accept-Encoding": "identity", "If-None-Match": plain.headers["etag"]}
    again = client.get("/vitrine.js", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "public, max-age=3600"
    assert again.headers["cross-origin-resource-policy"] == "cross-origin"
