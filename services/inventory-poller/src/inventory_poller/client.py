"""Sends the requests of one source. All HTTP of this service is here."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver, ResolveResult

from inventory_poller.adapters.contract import Request, Response, Source
from inventory_poller.origin import OriginError, is_allowed_host, is_public, redirected, resolve
from service_runtime.errors import TransientError

_MAX_REDIRECTS: Final = 3
_KEEPING_METHOD: Final = frozenset({307, 308})
_REDIRECTS: Final = frozenset({301, 302, 303}) | _KEEPING_METHOD
_CHUNK_BYTES: Final = 64 * 1024
_USER_AGENT: Final = "vitrine-inventory-poller"


class FetchError(TransientError):
    """No usable answer: no connection, too slow, too large, or redirected too often."""


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses those that have an address which is not public.

    It answers with the addresses that the connection then uses, so that no second answer of the
    DNS can lead elsewhere.
    """

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Raises OriginError where any of the addresses is not public."""
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(each["host"]) for each in found):
            raise OriginError("the name of the API has an address that is not public")
        return found

    async def close(self) -> None:
        """Nothing is open."""
        await self._resolver.close()


class SourceClient:
    """An asynchronous context manager: the connections to one source's API."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = ThreadedResolver() if self._source.allow_private else PublicResolver()
        connector = TCPConnector(limit=2, resolver=resolver, ssl=ssl.create_default_context())
        self._session = ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            timeout=ClientTimeout(total=None),
            headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: Request) -> Response:
        """The response, whatever its status; redirects within the origin are followed.

        FetchError where there is none in time or it is too large, OriginError where a link, a
        redirect or a name leads where this source may not go.
        """
        seconds = self._source.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request)
        except TimeoutError as error:
            raise FetchError(f"no whole answer within {seconds:g} s") from error
        except (ClientError, OSError, ValueError) as error:
            raise FetchError(f"no answer: {type(error).__name__}") from error

    async def _follow(self, request: Request) -> Response:
        url = resolve(self._source.url, request.target)
        method, body = request.method, request.body
        for _ in range(_MAX_REDIRECTS + 1):
            if not is_allowed_host(url, allow_private=self._source.allow_private):
                raise OriginError("the API's address is not public")
            response = await self._send_once(url, method, request.headers, body)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            url = redirected(url, location)
            if response.status not in _KEEPING_METHOD:
                method, body = "GET", None
        raise FetchError(f"more than {_MAX_REDIRECTS} redirects")

    async def _send_once(
        self, url: str, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        assert self._session is not None, "not entered"
        async with self._session.request(
            method, url, headers=dict(headers), data=body, allow_redirects=False
        ) as answer:
            content = await self._read(answer)
            return Response(
                answer.status, {k.lower(): v for k, v in answer.headers.items()}, content
            )

    async def _read(self, answer: ClientResponse) -> bytes:
        most = self._source.max_body_bytes
        if (answer.content_length or 0) > most:
            answer.close()
            raise FetchError(f"an answer of more than {most} bytes")
        body = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > most:
                answer.close()
                raise FetchError(f"an answer of more than {most} bytes")
        return bytes(body)
