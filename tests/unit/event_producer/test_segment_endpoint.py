"""The HTTP edge for Segment's clients: what each request is answered."""

import gzip
import json
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from jsonschema_rs import Draft202012Validator
from tests.support.event_producer import FakeCommit

from event_contracts.names import TOPIC_EVENTOS
from event_producer.dependencies import Dependencies
from event_producer.metrics import Instruments, Metrics
from event_producer.origins import CrossOrigin, Origins
from event_producer.refusal import MAX_BODY_BYTES
from event_producer.segment_endpoint import SEGMENT_PATHS, SegmentEndpoint
from event_producer.segment_openapi import OPERATIONS
from service_runtime.http_edge import http_edge

CALL = {
    "type": "track",
    "event": "Product Viewed",
    "userId": "u1",
    "messageId": "m1",
    "properties": {"product_id": "p1"},
}
BATCH = {"batch": [CALL, {"type": "identify", "userId": "u1"}, CALL | {"event": "Song Played"}]}
PAGE = {"Origin": "https://loja.example"}
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def commit() -> FakeCommit:
    return FakeCommit()


@pytest.fixture
def client(commit: FakeCommit) -> TestClient:
    origins = Origins.parse("https://loja.example")
    dependencies = Dependencies(
        commit=commit,  # type: ignore[arg-type]
        metrics=Metrics(Instruments({}), TOPIC_EVENTOS),
        new_id=lambda: UUID(int=7),
        alive=lambda: None,
        ready=lambda: None,
        lifespan=nullcontext,
        origins=origins,
        stock=None,
        traced=False,
    )
    return TestClient(http_edge(CrossOrigin(SegmentEndpoint(dependencies), origins)))


def ids(commit: FakeCommit) -> list[str]:
    return [json.loads(message.value)["id_evento"] for message in commit.taken]


@pytest.mark.parametrize("path", ["/v1/track", "/v1/t", "/v1/t/", "/v1/batch", "/v1/b"])
def test_taken(client: TestClient, commit: FakeCommit, path: str) -> None:
    answer = client.post(path, json=CALL if SEGMENT_PATHS[path] else BATCH)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert ids(commit) == ["m1"]


def test_the_path_of_the_java_client(client: TestClient, commit: FakeCommit) -> None:
    assert client.post("/v1/import/", json=BATCH).status_code == 200
    assert ids(commit) == ["m1"]


@pytest.mark.parametrize(
    "name", [*("page", "screen", "identify", "group", "alias"), *("p", "s", "i", "g", "a")]
)
def test_left(client: TestClient, commit: FakeCommit, name: str) -> None:
    assert client.post(f"/v1/{name}", json=CALL).json() == {"success": True}
    assert commit.taken == []


def test_a_wrong_event_is_left_and_the_others_taken(client: TestClient, commit: FakeCommit) -> None:
    calls = [CALL | {"userId": "undefined"}, CALL | {"messageId": "m2"}, 7]
    assert client.post("/v1/batch", json={"batch": calls}).status_code == 200
    assert ids(commit) == ["m2"]


def test_not_taken_it_is_to_be_sent_again(client: TestClient, commit: FakeCommit) -> None:
    commit.refusing = True
    answer = client.post("/v1/batch", json=BATCH)
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert client.post("/v1/page", json=CALL).status_code == 200
    commit.refusing = False
    assert client.post("/v1/batch", json=BATCH).status_code == 200
    assert ids(commit) == ["m1"]


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("/v1/track", {"content": b"{", "headers": TEXT}, 400),
        ("/v1/track", {"json": [CALL]}, 400),
        ("/v1/batch", {"json": CALL}, 400),
        ("/v1/batch", {"json": {"batch": "x" * MAX_BODY_BYTES}}, 413),
        ("/v1/track", {"content": b"{}", "headers": {"Content-Type": "text/html"}}, 415),
        ("/v1/track", {"json": CALL, "headers": {"Content-Encoding": "gzip"}}, 400),
    ],
)
def test_refused(client: TestClient, path: str, sent: dict[str, Any], status: int) -> None:
    answer = client.post(path, **sent)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_gzip(client: TestClient, commit: FakeCommit) -> None:
    packed = gzip.compress(json.dumps(BATCH).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert client.post("/v1/batch", content=packed, headers=headers).status_code == 200
    assert ids(commit) == ["m1"]


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json; charset=us-ascii", 200),
        ("text/plain; charset=us-ascii", 415),
    ],
)
def test_only_json_is_utf8_whatever_its_charset(
    client: TestClient, media_type: str, status: int
) -> None:
    headers = {"Content-Type": media_type}
    answer = client.post("/v1/t", content=json.dumps(CALL), headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"), [("https://loja.example", 200), ("https://outra.example", 403)]
)
def test_text_of_a_page(client: TestClient, origin: str, status: int) -> None:
    answer = client.post("/v1/t", content=json.dumps(CALL), headers=TEXT | {"Origin": origin})
    assert answer.status_code == status


def test_a_page_may_send_the_headers_of_analytics_js(client: TestClient) -> None:
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-retry-count",
    }
    answer = client.options("/v1/t", headers=PAGE | asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]


def test_the_document_has_the_three_paths_and_their_examples_are_valid() -> None:
    assert set(OPERATIONS) == {"/v1/track", "/v1/page", "/v1/batch"}
    schemas = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]
        for path, operation in OPERATIONS.items()
    }
    track = schemas["/v1/track"]
    assert Draft202012Validator(track).is_valid(track["example"])
    batch = {"batch": [track["example"] | {"type": "track"}]}
    assert Draft202012Validator(schemas["/v1/batch"]).is_valid(batch)
    assert not Draft202012Validator(schemas["/v1/batch"]).is_valid({})
    assert all(set(o["responses"]) >= {"200", "400", "503"} for o in OPERATIONS.values())
