"""The edges of HTTP that clients, browsers and load balancers meet, at both services."""

import gzip
import json
import re
from codecs import BOM_UTF8
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.browser import chromium
from tests.support.http_services import API, PRODUCER, url_of
from tests.support.kafka import TopicReader
from tests.support.pages import pages
from tests.support.platform import free_ports, kafka_servers
from tests.support.raw_http import ask, connect
from tests.support.service import Service
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local.platform import LocalPlatform

PARTITIONS = 2
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def platform(http_services: LocalPlatform) -> LocalPlatform:
    return http_services


@pytest.fixture(scope="module")
def api(platform: LocalPlatform) -> str:
    return url_of(platform, API)


@pytest.fixture(scope="module")
def producer(platform: LocalPlatform) -> str:
    return url_of(platform, PRODUCER)


@pytest.fixture
def topic(platform: LocalPlatform) -> TopicReader:
    reader = TopicReader(kafka_servers(platform), TOPIC_EVENTOS, PARTITIONS)
    reader.mark()
    return reader


def evento() -> dict[str, Any]:
    return {
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "timestamp": datetime.now(UTC).isoformat(),
        "id_evento": str(uuid4()),
    }


def ids_on(topic: TopicReader) -> list[str]:
    return sorted(json.loads(message.value() or b"")["id_evento"] for message in topic.read())


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        (API, "/", 200),
        (API, "/docs", 200),
        (API, "/healthz", 200),
        (API, "/static/favicon.svg", 200),
        (API, "/vendas/resumo", 200),
        (API, "/vendas/resumo?limite=0", 422),
        (API, "/nada", 404),
        (PRODUCER, "/healthz", 200),
        (PRODUCER, "/openapi.json", 200),
        (PRODUCER, "/eventos", 405),
        (PRODUCER, "/eventos/", 405),
    ],
)
def test_head_is_get_without_a_body(
    platform: LocalPlatform, name: str, path: str, status: int
) -> None:
    url = url_of(platform, name)
    got = httpx.get(url + path, headers={"Accept-Encoding": "identity"})
    head = ask(url, f"HEAD {path} HTTP/1.1\nHost: x\nConnection: close")
    assert (head.status, head.rest) == (got.status_code, b"") == (status, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == got.headers["content-length"]


def test_head_of_a_stream_ends(api: str) -> None:
    path = "/metricas/tempo_real/stream"
    head = ask(api, f"HEAD {path} HTTP/1.1\nHost: x\nConnection: close")
    assert (head.status, head.rest) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


def test_redirects_name_neither_scheme_nor_host(platform: LocalPlatform) -> None:
    proxied = {"Host": "loja.example", "X-Forwarded-Proto": "https"}
    for name, path, target in (
        (API, "/docs/", "/docs"),
        (API, "/vendas/resumo/?limite=1", "/vendas/resumo?limite=1"),
        (PRODUCER, "/readyz/", "/readyz"),
    ):
        answer = httpx.get(url_of(platform, name) + path, headers=proxied)
        assert (answer.status_code, answer.headers["location"]) == (307, target)
    assert httpx.get(url_of(platform, API) + "/nada/").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip", "gzip"), ("gzip;q=0", None), ("*;q=0", None)]
)
def test_gzip_is_sent_to_who_wants_it(api: str, accepted: str, encoding: str | None) -> None:
    answer = httpx.get(api, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert "<title>" in answer.text


def test_http_1_0_gets_no_chunks(api: str) -> None:
    path = "/metricas/tempo_real/stream"
    stream = ask(api, f"GET {path} HTTP/1.0", until=b"\r\n\r\nevent: snapshot")
    assert "transfer-encoding" not in stream.headers
    assert stream.headers["connection"] == "close"
    page = ask(api, "GET /metricas/tempo_real HTTP/1.0")
    assert json.loads(page.rest)["fuso"]
    assert int(page.headers["content-length"]) == len(page.rest)


def test_http_1_1_still_gets_chunks(api: str) -> None:
    path = "/metricas/tempo_real/stream"
    stream = ask(api, f"GET {path} HTTP/1.1\nHost: x", until=b"event: snapshot")
    assert stream.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("name", [API, PRODUCER])
@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("4bf92f35-77b3-4da6", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("two words", False),
        ("ana@loja.example", False),
        (None, False),
    ],
)
def test_every_answer_has_a_request_id(
    platform: LocalPlatform, name: str, given: str | None, is_kept: bool
) -> None:
    headers = {"X-Request-ID": given} if given else {}
    url = url_of(platform, name)
    for path in ("/healthz", "/nada"):
        [found] = httpx.get(url + path, headers=headers).headers.get_list("x-request-id")
        assert (found == given) is is_kept
        assert is_kept or len(found) == 32


def taken(producer: str, content: bytes, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{producer}/eventos", content=content, headers=JSON | named).status_code


def test_every_form_of_a_body_arrives_once(producer: str, topic: TopicReader) -> None:
    eventos = [evento() for _ in range(5)]
    bodies = [json.dumps(each).encode() for each in eventos]
    assert taken(producer, bodies[0], content_type="text/plain;charset=UTF-8") == 202
    assert taken(producer, gzip.compress(bodies[1]), content_encoding="gzip") == 202
    assert taken(producer, BOM_UTF8 + bodies[2]) == 202
    assert taken(producer, bodies[3], content_type="application/json; charset=utf-8;") == 202
    packed = gzip.compress(BOM_UTF8 + bodies[4])
    assert taken(producer, packed, content_encoding="gzip", content_type="text/plain") == 202
    assert ids_on(topic) == sorted(each["id_evento"] for each in eventos)


@pytest.mark.parametrize(
    ("packed", "status"),
    [(b"{}", 400), (gzip.compress(b"{}")[:-1], 400), (gzip.compress(bytes(1 << 27)), 413)],
    ids=["not gzip", "truncated", "a bomb"],
)
def test_a_gzip_body_that_is_not_taken(producer: str, packed: bytes, status: int) -> None:
    answer = httpx.post(
        f"{producer}/eventos", content=packed, headers=JSON | {"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_an_idle_connection_is_closed_when_its_time_has_come(tmp_path: Path) -> None:
    [port] = free_ports(1)
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "LISTEN_PORT": str(port),
        "SPOOL_PATH": str(tmp_path / "spool"),
        "KEEP_ALIVE_SECONDS": "2",
    }
    url = f"http://127.0.0.1:{port}"
    service = Service("event_producer.main", environment, url=url, log=tmp_path / "log")
    try:
        service.wait_ready()
        with connect(url) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b'{"status":"ok"}'):
                more = connection.recv(65_536)
                assert more
                answer += more
            connection.settimeout(30)
            assert connection.recv(65_536) == b""
    finally:
        service.kill()


SEND = """async ([url, eventos]) => {
    const [plain, kept, text, blob, packed] = eventos.map((e) => JSON.stringify(e));
    const headers = { "Content-Type": "application/json" };
    const first = await fetch(url, { method: "POST", headers, body: plain });
    const second = await fetch(url, { method: "POST", headers, body: kept, keepalive: true });
    const stream = new Blob([packed]).stream().pipeThrough(new CompressionStream("gzip"));
    const third = await fetch(url, {
        method: "POST",
        headers: { ...headers, "Content-Encoding": "gzip" },
        body: await new Response(stream).blob(),
    });
    const beacons = [
        navigator.sendBeacon(url, text),
        navigator.sendBeacon(url, new Blob([blob], { type: "application/json" })),
    ];
    const ids = [first, second, third].map((answer) => answer.headers.get("X-Request-ID"));
    const answers = await Promise.all([first, second, third].map((answer) => answer.json()));
    return { beacons, ids, taken: answers.map((answer) => answer.aceitos) };
}"""


def test_a_page_of_another_origin_sends_events(producer: str, topic: TopicReader) -> None:
    eventos = [evento() for _ in range(5)]
    with chromium() as browser, pages() as url:
        page = browser.new_page()
        page.goto(url)
        found = page.evaluate(SEND, [f"{producer}/eventos", eventos])
        assert found["taken"] == [1, 1, 1]
        assert found["beacons"] == [True, True]
        assert all(found["ids"])
        wait_until(lambda: len(topic.read()) >= len(eventos), "every event is on Kafka")
    assert ids_on(topic) == sorted(each["id_evento"] for each in eventos)


def test_an_answer_written_at_once_is_as_its_messages_would_be(api: str) -> None:
    path = "/produtos/mais_vendidos?limite=3"
    asked = f"GET {path} HTTP/1.1\nHost: x\nAccept: */*\nX-Request-ID: abc"
    head = ask(api, f"HEAD {path} HTTP/1.1\nHost: x\nAccept: */*\nConnection: close")
    for _ in range(2):
        answer = ask(api, f"{asked}\nConnection: close")
        assert answer.status == 200
        assert json.loads(answer.rest)["itens"] == []
        assert int(answer.headers["content-length"]) == len(answer.rest)
        assert answer.headers["x-request-id"] == "abc"
        assert answer.headers["connection"] == "close"
        assert answer.headers.keys() == head.headers.keys()
        fixed = head.headers.keys() - {"x-request-id", "date", "age"}
        assert {answer.headers[name] for name in fixed} == {head.headers[name] for name in fixed}
    etag = answer.headers["etag"]
    known = ask(api, f"{asked}\nIf-None-Match: {etag}\nConnection: close")
    assert (known.status, known.rest, known.headers["etag"]) == (304, b"", etag)
    old = ask(api, f"GET {path} HTTP/1.0\nAccept: */*")
    assert (old.status, old.rest) == (200, answer.rest)


def test_requests_that_wait_for_their_turn_are_answered_in_order(api: str) -> None:
    paths = ["/produtos/mais_vendidos", "/nada", "/produtos/mais_vendidos", "/healthz"]
    asked = [f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths]
    httpx.get(api + paths[0], headers={"Accept": ""})
    with connect(api) as connection:
        connection.sendall("".join(asked).encode())
        received = b""
        while not received.endswith(b'{"status":"ok"}'):
            more = connection.recv(65_536)
            assert more
            received += more
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"404", b"200", b"200"]
