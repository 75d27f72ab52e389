"""The HTTP client of inventory-poller before a server that does what no good API does."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.support.scripted_api import ScriptedPoll
from tests.support.secured_kafka import Certificate
from tests.support.stock_server import served

from inventory_poller.adapters.contract import LimitedError, Request
from inventory_poller.adapters.vitrine import VitrineSource
from inventory_poller.client import FetchError, SourceClient
from inventory_poller.origin import OriginError

MOST = 1024 * 1024


async def _zeros(pieces: int) -> AsyncIterator[bytes]:
    for _ in range(pieces):
        yield bytes(64 * 1024)


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"{"
        await asyncio.sleep(0.05)


def _packed() -> Response:
    packed = gzip.compress(bytes(100 * MOST))
    return Response(packed, headers={"Content-Encoding": "gzip"})


ANSWERS: dict[str, Callable[[], Response]] = {
    "ok": lambda: Response(b"{}"),
    "near": lambda: RedirectResponse("/ok", 302),
    "kept": lambda: RedirectResponse("/ok", 307),
    "circle": lambda: RedirectResponse("/circle", 302),
    "far": lambda: RedirectResponse("http://169.254.169.254/latest/meta-data", 302),
    "large": lambda: Response(bytes(MOST + 1)),
    "unsized": lambda: StreamingResponse(_zeros(32)),
    "bomb": _packed,
    "endless": lambda: StreamingResponse(_endless()),
    "unchanged": lambda: Response(status_code=304, headers={"ETag": '"e"'}),
    "cut": lambda: Response(b"{", headers={"Content-Length": "2"}),
}


async def answer(request: HttpRequest) -> Response:
    response = ANSWERS.get(request.path_params["what"], lambda: Response(status_code=404))()
    response.headers["X-Asked-With"] = request.method
    return response


METHODS = ["GET", "POST"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(Starlette(routes=[Route("/{what:path}", answer, methods=METHODS)])) as found:
        yield found


def source(url: str, **changes: Any) -> VitrineSource:
    given = {"id": "cd", "url": url, "allow_private": True, "max_body_bytes": MOST, **changes}
    return VitrineSource.model_validate(given)


async def fetch(url: str, target: str, method: Any = "GET", **changes: Any) -> Any:
    async with SourceClient(source(url, **changes)) as client:
        return await client.send(Request(target=target, method=method))


@pytest.mark.parametrize(
    ("target", "method", "asked_with"),
    [
        ("/ok", "POST", "POST"),
        ("/near", "GET", "GET"),
        ("/near", "POST", "GET"),
        ("/kept", "POST", "POST"),
    ],
)
async def test_a_redirect_within_the_origin_is_followed(
    target: str, method: str, asked_with: str, url: str
) -> None:
    response = await fetch(url, target, method)
    assert (response.status, response.body) == (200, b"{}")
    assert response.headers["x-asked-with"] == asked_with


async def test_304_comes_through(url: str) -> None:
    response = await fetch(url, "/unchanged")
    assert (response.status, response.headers["etag"], response.body) == (304, '"e"', b"")


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        pytest.param("/circle", "redirects", id="redirects for ever"),
        pytest.param("/large", f"more than {MOST} bytes", id="too large, and says so"),
        pytest.param("/unsized", f"more than {MOST} bytes", id="too large, and does not say so"),
        pytest.param("/bomb", "bytes|no answer", id="too large when unpacked"),
        pytest.param("/endless", "within 0.5 s", id="without an end"),
        pytest.param("/cut", "no answer", id="cut off"),
    ],
)
async def test_an_answer_that_is_none(target: str, problem: str, url: str) -> None:
    with pytest.raises(FetchError, match=problem):
        await fetch(url, target, timeout_seconds=0.5 if target == "/endless" else 10)


@pytest.mark.parametrize("target", ["/far", "http://127.0.0.1:1/x"])
async def test_nothing_leads_to_another_origin(target: str, url: str) -> None:
    with pytest.raises(OriginError):
        await fetch(url, target)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "127.1"])
async def test_an_address_that_is_not_public_is_not_asked(host: str) -> None:
    with pytest.raises((OriginError, FetchError), match=r"not public|InvalidUrl"):
        await fetch(f"https://{host}:1", "/ok", allow_private=False)


async def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(FetchError, match="no answer"):
        await fetch("http://127.0.0.1:1", "/ok")


async def test_a_certificate_must_be_of_a_known_authority(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"ssl_certfile": certificate.path, "ssl_keyfile": certificate.path}
    with served(Starlette(routes=[Route("/{what:path}", answer)]), **files) as secured:
        with pytest.raises(FetchError, match="Certificate"):
            await fetch(secured, "/ok")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
        assert (await fetch(secured, "/ok")).status == 200


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_in_both_forms(form: str, tmp_path: Path) -> None:
    async def limit(_request: HttpRequest) -> Response:
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        headers = {"Retry-After": "90" if form == "seconds" else moment}
        return Response(status_code=429, headers=headers)

    with served(Starlette(routes=[Route("/estoque", limit)])) as url:
        async with SourceClient(source(url)) as client:
            scripted = ScriptedPoll(tmp_path, client)
            scripted.now = datetime.now(UTC)
            with pytest.raises(LimitedError) as caught:
                await scripted.poll.run()
            scripted.stores.close()
    assert caught.value.wait == pytest.approx(90, abs=10)
