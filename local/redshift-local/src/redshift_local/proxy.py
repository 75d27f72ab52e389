"""Accepts connections: their start-up, and what happens when the client or PostgreSQL is away."""

import asyncio
import logging
import socket
import struct
from concurrent.futures import Executor
from typing import Final

from redshift_local import wire
from redshift_local.session import Session
from redshift_local.settings import Settings
from redshift_local.staging import Staging

_LIMIT: Final = 1 << 20
_LONGEST_START_UP: Final = 10_000
_AWAY: Final = "57P03"
_KEEPALIVE_SECONDS: Final = 4
_LOST_SECONDS: Final = 10
"""How long a client may be out of reach before its session ends, and its locks with it."""
_log = logging.getLogger(__name__)

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Takes connections, and opens one to PostgreSQL for each."""

    def __init__(self, settings: Settings, *, staging: Staging, threads: Executor) -> None:
        self._settings = settings
        self._staging = staging
        self._threads = threads
        self._sessions: set[asyncio.Task[None]] = set()

    async def serve(self, stop: asyncio.Event) -> None:
        """Until `stop`; then every session is ended, and PostgreSQL rolls back what was open."""
        host, port = self._settings.listen_host, self._settings.listen_port
        server = await asyncio.start_server(self._connected, host, port, limit=_LIMIT)
        _log.info("listening", extra={"host": host, "port": port})
        await stop.wait()
        server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            _notice_when_lost(writer.get_extra_info("socket"))
            await self._connection((reader, writer))
        except (OSError, asyncio.IncompleteReadError) as gone:
            _log.debug("a connection broke", extra={"reason": repr(gone)})
        except asyncio.CancelledError:
            _log.debug("a session was ended")
        finally:
            self._sessions.discard(task)
            writer.close()

    async def _connection(self, client: _Streams) -> None:
        received = await _first_packet(client)
        if received is None:
            client[1].write(wire.error("the start-up packet is not one", "08P01", "FATAL"))
            return
        packet, is_redshift_connector = received
        try:
            server = await asyncio.open_connection(
                self._settings.postgres_host, self._settings.postgres_port, limit=_LIMIT
            )
        except OSError as away:
            _log.warning("PostgreSQL is away", extra={"reason": str(away)})
            client[1].write(wire.error(f"PostgreSQL is away: {away}", _AWAY, "FATAL"))
            return
        try:
            server[1].write(packet)
            await Session(
                client,
                server,
                staging=self._staging,
                threads=self._threads,
                is_redshift_connector=is_redshift_connector,
            ).run()
        finally:
            server[1].close()


def _notice_when_lost(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_SECONDS)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _LOST_SECONDS * 1000)


async def _first_packet(client: _Streams) -> tuple[bytes, bool] | None:
    """The packet to open PostgreSQL's connection with, a start-up or a request to cancel, and
    whether Redshift's driver sent it.

    Requests for encryption are declined. None for what is no packet of this protocol.
    """
    reader, writer = client
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        if not 8 <= length <= _LONGEST_START_UP:
            return None
        body = await reader.readexactly(length - 8)
        if code in wire.ENCRYPTION_REQUESTS:
            writer.write(b"N")
        elif code == wire.CANCEL_REQUEST:
            return head + body, False
        elif code == wire.PROTOCOL:
            return wire.start_up(body), b"\0driver_version\0" in body
        else:
            return None
