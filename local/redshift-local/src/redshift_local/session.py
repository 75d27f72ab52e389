"""One client's session: passes its requests to PostgreSQL and the answers back."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Final

from redshift_local import wire
from redshift_local.copy_command import CopyCommand
from redshift_local.refusal import RefusedError
from redshift_local.replies import Replies, Request
from redshift_local.result_columns import ResultColumn, varbyte_parameters
from redshift_local.staging import Staging
from redshift_local.statements import Decision, Forward, Refusal, Truncate, decide

_CHUNK: Final = 1 << 18
_AHEAD: Final = 1 << 23
_OWN: Final = b"redshift_local"
_log = logging.getLogger(__name__)


class Session:
    """Both directions of a connection after its start-up packet; ends with either side."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        staging: Staging,
        threads: Executor,
        is_redshift_connector: bool,
    ) -> None:
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._to_server.transport.set_write_buffer_limits(high=_AHEAD)
        self._staging = staging
        self._threads = threads
        self._replies = Replies(is_redshift_connector=is_redshift_connector)
        self._special: dict[bytes, Decision] = {}
        self._portals: dict[bytes, bytes] = {}
        self._out = bytearray()

    async def run(self) -> None:
        """Until the client or PostgreSQL goes."""
        ways = [asyncio.create_task(self._requests()), asyncio.create_task(self._answers())]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in done:
                way.result()
        finally:
            self._replies.abandon()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _answers(self) -> None:
        buffer = bytearray()
        while chunk := await self._from_server.read(_CHUNK):
            buffer += chunk
            self._to_client.write(self._seen_by_client(buffer))
            await self._to_client.drain()

    def _seen_by_client(self, buffer: bytearray) -> bytes:
        """Take the whole messages out of the buffer; what is not changed is copied as one piece."""
        parts: list[bytes | bytearray] = []
        kept = position = 0
        for code, start, end in wire.complete_messages(buffer):
            position = end
            if code == ord("D") and self._replies.plain_rows:
                continue
            message = buffer[start:end]
            answer = self._replies.answer(code, message)
            if answer is not message or code == ord("T"):
                parts += [buffer[kept:start], answer or b""]
                kept = end
        parts.append(buffer[kept:position])
        del buffer[:position]
        return b"".join(parts)

    async def _requests(self) -> None:
        buffer = bytearray()
        while chunk := await self._from_client.read(_CHUNK):
            buffer += chunk
            position = 0
            for code, start, end in wire.complete_messages(buffer):
                position = end
                if code == ord("X"):
                    return
                if code == ord("H") and end < len(buffer):
                    continue  # what follows makes PostgreSQL answer just as well
                await self._request(bytes(buffer[start : start + 1]), bytes(buffer[start:end]))
            del buffer[:position]
            self._flush()
            await self._to_server.drain()

    async def _request(self, code: bytes, message: bytes) -> None:
        payload = message[5:]
        if code in (b"P", b"Q") and self._replies.outgrows_statistics():
            self._run_own("SET LOCAL enable_nestloop = off")
        if code == b"P":
            self._parse(payload)
        elif code == b"B":
            self._bind(payload)
        elif code == b"E":
            await self._execute(payload)
        elif code == b"Q":
            await self._query(payload)
        elif code in (b"D", b"C"):
            self._send(message, Request(code, statement=self._statement(payload)))
        elif code == b"S":
            self._send(message, Request(code))
        else:
            self._out += message

    def _parse(self, payload: bytes) -> None:
        (name, sql), types = wire.strings(payload, 2)
        self._send_parse(name, _decide(sql), types)

    def _send_parse(
        self, name: bytes, decision: Decision, types: bytes = b"\0\0", *, own: bool = False
    ) -> None:
        self._special.pop(name, None)
        if not isinstance(decision, Forward) or decision.tag:
            self._special[name] = decision
        sql = self._for_postgres(decision)
        self._send(wire.parse(name, sql, types), Request(b"P", statement=name, own=own))

    def _for_postgres(self, decision: Decision) -> str:
        if isinstance(decision, Refusal):
            return self._replies.refusal(decision.message, decision.state)
        return decision.from_client if isinstance(decision, CopyCommand) else decision.sql

    def _bind(self, payload: bytes) -> None:
        (portal, name), _ = wire.strings(payload, 2)
        self._portals[portal] = name
        positions = self._replies.varbyte_parameters(name)
        if positions:
            payload = varbyte_parameters(payload, positions)
        self._send(wire.frame(b"B", payload), Request(b"B"))

    def _statement(self, payload: bytes) -> bytes:
        """The statement that a Describe or Close is about."""
        name = payload[1:-1]
        return self._portals.get(name, b"") if payload[:1] == b"P" else name

    async def _execute(self, payload: bytes) -> None:
        portal = payload[: payload.index(0)]
        name = self._portals.get(portal, b"")
        special = self._special.get(name)
        request = Request(b"E", statement=name)
        if isinstance(special, CopyCommand):
            await self._load(special, wire.frame(b"E", payload), request)
            return
        if isinstance(special, Forward):
            request.tag = special.tag
        self._send(wire.frame(b"E", payload), request)
        if isinstance(special, Truncate) and self._replies.in_transaction:
            self._run_own("COMMIT")

    async def _query(self, payload: bytes) -> None:
        decision = _decide(payload[:-1])
        if isinstance(decision, CopyCommand | Truncate):
            self._send_parse(b"", decision, own=True)
            self._send(wire.bind(b"", b""), Request(b"B", own=True))
            self._portals[b""] = b""
            await self._execute(bytes(5))
            self._send(wire.SYNC, Request(b"S"))
            return
        tag = decision.tag if isinstance(decision, Forward) else b""
        self._send(wire.query(self._for_postgres(decision)), Request(b"Q", tag=tag))

    def _run_own(self, sql: str) -> None:
        self._send(wire.parse(_OWN, sql), Request(b"P", statement=_OWN, own=True))
        self._send(wire.bind(_OWN, _OWN), Request(b"B", own=True))
        self._send(wire.execute(_OWN), Request(b"E", statement=_OWN, own=True))
        self._send(wire.close_portal(_OWN), Request(b"C", own=True))
        self._send(wire.close(_OWN), Request(b"C", own=True))

    async def _load(self, command: CopyCommand, execute: bytes, request: Request) -> None:
        """Ask for the columns' types, let PostgreSQL begin its COPY, and send it the rows."""
        described = Request(b"D", statement=_OWN, own=True)
        self._send(wire.parse(_OWN, command.shape), Request(b"P", statement=_OWN, own=True))
        targets = await self._started(wire.describe(_OWN), described)
        self._send(wire.close(_OWN), Request(b"C", own=True))
        if targets is None or await self._started(execute, request) is None:
            return
        try:
            await self._send_rows(self._staging.chunks(command, targets))
            self._to_server.write(wire.COPY_DONE)
        except RefusedError as refused:
            _log.warning("COPY failed", extra={"reason": str(refused), "detail": refused.detail})
            mark = self._replies.refusal(str(refused), refused.state, refused.detail)
            self._to_server.write(wire.frame(b"f", mark.encode() + b"\0"))

    async def _started(self, message: bytes, request: Request) -> list[ResultColumn] | None:
        request.started = asyncio.get_running_loop().create_future()
        self._send(message, request)
        self._out += wire.FLUSH
        self._flush()
        return await request.started

    async def _send_rows(self, chunks: Iterator[bytes]) -> None:
        loop = asyncio.get_running_loop()
        while (chunk := await loop.run_in_executor(self._threads, next, chunks, None)) is not None:
            for start in range(0, len(chunk), _CHUNK):
                self._to_server.write(wire.frame(wire.COPY_DATA, chunk[start : start + _CHUNK]))
            await self._to_server.drain()

    def _send(self, message: bytes, request: Request) -> None:
        self._replies.expect(request)
        self._out += message

    def _flush(self) -> None:
        if self._out:
            self._to_server.write(bytes(self._out))
            self._out.clear()


def _decide(sql: bytes) -> Decision:
    try:
        return decide(sql.decode())
    except UnicodeDecodeError:
        return Refusal("redshift-local refuses SQL: it is not UTF-8", "22021")
