"""Encoded answers with an ETag, kept until newer figures replace them."""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from fastapi import Request, Response

from analytics_api.forms import JSON
from analytics_api.problems import NotReadyError, UnknownError
from analytics_api.waiting import result_soon
from service_runtime.prepared import has_it
from service_runtime.security_headers import HEADERS

_KEPT: Final = 256
_KEPT_BYTES: Final = 64_000_000
"""Of their bodies together; a file for spreadsheets may have several MB."""
_AT_ONCE: Final = 64
"""The most different answers that may be in the making."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EncodedAnswer:
    """A body and its strong ETag."""

    body: bytes
    etag: str
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    """Headers beside those that every answer has."""
    read_at: datetime | None = None
    """When the stores last confirmed these figures; the answer's age once it is not the newest."""

    @classmethod
    def of(
        cls, body: bytes, media_type: str = JSON, headers: dict[str, str] | None = None
    ) -> "EncodedAnswer":
        """The same bytes of the same type have the same ETag, in every process."""
        digest = hashlib.blake2b(body, digest_size=12, key=media_type.encode()[:64])
        return cls(body, f'"{digest.hexdigest()}"', media_type, headers or {})

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of a 200, without its age."""
        return [
            *self.raw_headers_of_304,
            (b"content-type", self.media_type.encode()),
            (b"content-length", str(len(self.body)).encode()),
        ]

    @cached_property
    def raw_headers_of_304(self) -> list[tuple[bytes, bytes]]:
        """The headers of a 304, without its age."""
        named = {"ETag": self.etag, "Cache-Control": "no-cache", **self.headers}
        return [(name.lower().encode(), value.encode()) for name, value in named.items()]

    @cached_property
    def head(self) -> bytes:
        """The status line and header lines of a 200 as they are sent, without its age."""
        return _written(b"200 OK", self.raw_headers)

    @cached_property
    def head_of_304(self) -> bytes:
        """The status line and header lines of a 304, without its age."""
        return _written(b"304 Not Modified", self.raw_headers_of_304)


def _written(status: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = [b"HTTP/1.1 %b" % status, *(b"%b: %b" % header for header in (*headers, *HEADERS))]
    return b"".join(b"%b\r\n" % line for line in lines)


Version = Callable[[], Hashable]
"""A value that differs once the figures of a question have changed."""
Make = Callable[[], Awaitable[EncodedAnswer]]


class Answers:
    """The newest answers; the one unused for longest is dropped first. Lives on the event loop."""

    def __init__(self, kept: int = _KEPT, kept_bytes: int = _KEPT_BYTES) -> None:
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, tuple[object, EncodedAnswer]] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[EncodedAnswer]] = {}
        self._turn = asyncio.Lock()
        """Answers are made one at a time, each from the figures at the moment when it begins."""

    def known(self, question: Hashable, version: object) -> EncodedAnswer | None:
        """The answer of this version, if it was made."""
        known = self._answers.get(question)
        if known is None or known[0] != version:
            return None
        self._answers.move_to_end(question)
        return known[1]

    def last(self, question: Hashable) -> EncodedAnswer | None:
        """The answer that was made last, of any version."""
        known = self._answers.get(question)
        return None if known is None else known[1]

    def at_once(
        self, question: Hashable, version: object, make: Callable[[], EncodedAnswer]
    ) -> EncodedAnswer:
        """The answer of this version; for answers that are quick to make."""
        return self.known(question, version) or self.put(question, version, make())

    def put(self, question: Hashable, version: object, answer: EncodedAnswer) -> EncodedAnswer:
        """Keep an answer, the newest even if it is larger than all may be, and return it."""
        if (before := self._answers.pop(question, None)) is not None:
            self._bytes -= len(before[1].body)
        self._answers[question] = (version, answer)
        self._bytes += len(answer.body)
        while len(self._answers) > 1 and self._is_full():
            _, (_, dropped) = self._answers.popitem(last=False)
            self._bytes -= len(dropped.body)
        return answer

    def _is_full(self) -> bool:
        return len(self._answers) > self._kept or self._bytes > self._kept_bytes

    async def get(self, question: Hashable, version: Version, make: Make) -> EncodedAnswer:
        """The newest answer. It is made when first asked for, once for all who wait. If that takes
        longer than REQUEST_WAIT_SECONDS, it continues in the background and the last answer is
        returned. Raises NotReadyError if there is none."""
        known = self.known(question, version())
        if known is not None:
            return known
        try:
            made = self._made(question, version, make)
            return await result_soon(made, "the answer is still being made")
        except NotReadyError:
            if (last := self.last(question)) is None:
                raise
            return last

    def _made(
        self, question: Hashable, version: Version, make: Make
    ) -> asyncio.Task[EncodedAnswer]:
        """The task that makes the answer; a question has one, though its version changes."""
        task = self._making.get(question)
        if task is None:
            if len(self._making) >= _AT_ONCE:
                raise NotReadyError("too many other answers are being made")
            task = self._making[question] = asyncio.create_task(self._make(question, version, make))
            task.add_done_callback(lambda done: self._done(question, done))
        return task

    async def _make(self, question: Hashable, version: Version, make: Make) -> EncodedAnswer:
        async with self._turn:
            made_of = version()
            return self.put(question, made_of, await make())

    def _done(self, question: Hashable, task: asyncio.Task[EncodedAnswer]) -> None:
        self._making.pop(question)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, UnknownError):
            logger.warning("an answer could not be made", extra={"error": str(error)})


def respond(request: Request, answer: EncodedAnswer, *, age: float | None) -> Response:
    """200 with the body, or 304 if the client has it; `age` in seconds."""
    response = Response()
    has = has_it(request.headers.get("if-none-match"), answer.etag)
    response.status_code = 304 if has else 200
    response.body = b"" if has else answer.body
    response.raw_headers = headers_of(answer, has=has, age=age)
    return response


def headers_of(answer: EncodedAnswer, *, has: bool, age: float | None) -> list[tuple[bytes, bytes]]:
    """The headers of a 304 if the client has the answer, else of a 200."""
    headers = answer.raw_headers_of_304 if has else answer.raw_headers
    return headers if age is None else [*headers, (b"age", b"%d" % age)]
