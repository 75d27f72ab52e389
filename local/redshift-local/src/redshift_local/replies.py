"""Tracks the answers that PostgreSQL still owes, and what the client sees of each.

Requests are recorded in the order in which they are sent; an answer belongs to the first open one.
So the proxy can send requests of its own between the client's and keep their answers to itself,
however far the client is ahead.
"""

import re
from asyncio import Future
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Final

from redshift_local import result_columns, wire
from redshift_local.load_errors import too_long
from redshift_local.result_columns import ResultColumn

_MARK: Final = "redshift_local_refusal_"
_MARKED: Final = re.compile(_MARK + r"\d+")
_LIMIT: Final = re.compile(r"(varchar|char|varbyte)_bytes_(\d+)_(.*)")
_LIMITED: Final = {"varchar": "character varying", "char": "character", "varbyte": "binary varying"}
_SASL: Final = b"\0\0\0\x0a"
_WRITTEN: Final = re.compile(rb"(?:COPY|INSERT 0) (\d+)")
_MANY_ROWS: Final = 100_000
_REPORTED_VERSION: Final = b"server_version\x008.0.2\x00"


@dataclass(slots=True)
class Request:
    """A message that PostgreSQL answers; `kind` is its code.

    `own` ones are the proxy's: the client sees none of their answers but errors. `started`
    becomes the columns of a description, or [] once COPY wants rows, or None after an error.
    """

    kind: bytes
    statement: bytes = b""
    tag: bytes = b""
    own: bool = False
    started: "Future[list[ResultColumn] | None] | None" = None

    def settle(self, value: list[ResultColumn] | None) -> None:
        """Wake the coroutine that waits for this answer."""
        if self.started is not None and not self.started.done():
            self.started.set_result(value)


class Replies:
    """The requests of one session that PostgreSQL has not yet answered.

    Both `_varbyte_` attributes give the positions of VARBYTE values by prepared statement.
    """

    def __init__(self, *, is_redshift_connector: bool) -> None:
        self._is_redshift_connector = is_redshift_connector
        self.in_transaction = False
        self._rows_written = 0
        self._open_requests: deque[Request] = deque()
        self._skips_until_sync = False
        self._refusals: dict[str, bytes] = {}
        self._refusal_numbers = count()
        self._varbyte_columns: dict[bytes, list[int]] = {}
        self._varbyte_parameters: dict[bytes, list[int]] = {}

    def expect(self, request: Request) -> None:
        """Record a request. After an error PostgreSQL answers none before the next Sync."""
        if self._skips_until_sync and request.kind != b"S":
            request.settle(None)
            return
        self._skips_until_sync = False
        self._open_requests.append(request)

    def refusal(self, message: str, state: str, detail: str = "") -> str:
        """A word that is no SQL: the error that PostgreSQL gives for it becomes this one, and the
        session is left as after any other error."""
        mark = f"{_MARK}{next(self._refusal_numbers)}"
        self._refusals[mark] = wire.error(message, state, detail=detail)
        return mark

    def varbyte_parameters(self, statement: bytes) -> list[int]:
        """Which parameters of a statement are VARBYTE, once it is described."""
        return self._varbyte_parameters.get(statement, [])

    def outgrows_statistics(self) -> bool:
        """Whether the open transaction wrote so many rows, since this was last asked, that what
        PostgreSQL knows of its tables is wrong."""
        if not self.in_transaction or self._rows_written < _MANY_ROWS:
            return False
        self._rows_written = 0
        return True

    @property
    def plain_rows(self) -> bool:
        """Whether rows may pass unseen."""
        return not self._open_requests or not self._varbyte_columns.get(
            self._open_requests[0].statement
        )

    def answer(self, code: int, message: bytearray) -> bytes | bytearray | None:
        """What the client gets instead of this message; None stands for nothing at all."""
        handler = _HANDLERS.get(code)
        return message if handler is None else handler(self, message)

    def abandon(self) -> None:
        """PostgreSQL is gone: nobody need wait any longer."""
        while self._open_requests:
            self._open_requests.popleft().settle(None)

    def _done(self, message: bytearray) -> bytearray | None:
        return None if self._close().own else message

    def _close(self) -> Request:
        return self._open_requests.popleft() if self._open_requests else Request(b"")

    def _parsed(self, message: bytearray) -> bytearray | None:
        request = self._close()
        self._varbyte_columns.pop(request.statement, None)
        self._varbyte_parameters.pop(request.statement, None)
        return None if request.own else message

    def _parameters_described(self, message: bytearray) -> bytearray | None:
        request = self._open_requests[0]
        positions = result_columns.read_parameters(bytes(message))
        if positions:
            self._varbyte_parameters[request.statement] = positions
        return None if request.own else message

    def _described(self, message: bytearray) -> bytearray | None:
        request = self._open_requests[0] if self._open_requests[0].kind == b"Q" else self._close()
        found = result_columns.read_description(message)
        positions = [at for at, column in enumerate(found) if column.oid == result_columns.BYTEA]
        self._varbyte_columns[request.statement] = positions
        request.settle(found)
        return None if request.own else message

    def _row(self, message: bytearray) -> bytes:
        return result_columns.varbyte_row(
            bytes(message), self._varbyte_columns[self._open_requests[0].statement]
        )

    def _completed(self, message: bytearray) -> bytes | bytearray | None:
        request = self._open_requests[0] if self._open_requests[0].kind == b"Q" else self._close()
        if request.own:
            return None
        written = _WRITTEN.match(message, 5)
        self._rows_written += int(written[1]) if written else 0
        if message[5:10] == b"COPY ":
            return wire.frame(b"C", b"COPY\0")
        return wire.frame(b"C", request.tag + b"\0") if request.tag else message

    def _wants_rows(self, _message: bytearray) -> None:
        self._open_requests[0].settle([])

    def _ready(self, message: bytearray) -> bytearray | None:
        self.in_transaction = message[5:6] != b"I"
        if message[5:6] != b"T":
            self._rows_written = 0
        return self._done(message)

    def _failed(self, message: bytearray) -> bytes:
        loads = bool(self._open_requests) and self._open_requests[0].started is not None
        if self._open_requests and self._open_requests[0].kind != b"Q":
            while self._open_requests and self._open_requests[0].kind != b"S":
                self._open_requests.popleft().settle(None)
            self._skips_until_sync = not self._open_requests
        return self._as_redshift(bytes(message), loads=loads)

    def _as_redshift(self, message: bytes, *, loads: bool) -> bytes:
        fields = wire.error_fields(message)
        marked = _MARKED.search(fields.get(b"M", ""))
        if marked and marked.group() in self._refusals:
            return self._refusals.pop(marked.group())
        limit = _LIMIT.match(fields.get(b"n", "")) if fields.get(b"C") == "23514" else None
        if limit and loads:
            long = too_long(limit[3], limit=int(limit[2]), length="more", url="not known")
            return wire.error(str(long), long.state, detail=long.detail)
        if limit:
            text = f"value too long for type {_LIMITED[limit[1]]}({limit[2]})"
            return wire.error(text, "22001")
        return message

    def _authentication(self, message: bytearray) -> bytes | bytearray:
        """redshift-connector 2.2.0 takes the end of the list of mechanisms for one more."""
        is_list = message[5:9] == _SASL and message.endswith(b"\0\0")
        if is_list and self._is_redshift_connector:
            return wire.frame(b"R", bytes(message[5:-1]))
        return message

    def _reported(self, message: bytearray) -> bytes | bytearray:
        version = message[5:20] == b"server_version\0"
        return wire.frame(b"S", _REPORTED_VERSION) if version else message


_HANDLERS: Final = {
    ord("R"): Replies._authentication,
    ord("1"): Replies._parsed,
    ord("2"): Replies._done,
    ord("3"): Replies._done,
    ord("n"): Replies._done,
    ord("I"): Replies._done,
    ord("s"): Replies._done,
    ord("t"): Replies._parameters_described,
    ord("T"): Replies._described,
    ord("D"): Replies._row,
    ord("C"): Replies._completed,
    ord("G"): Replies._wants_rows,
    ord("Z"): Replies._ready,
    ord("E"): Replies._failed,
    ord("S"): Replies._reported,
}
