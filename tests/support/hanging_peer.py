"""A peer that passes on what it is sent, and from one moment on accepts and never answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

Address = tuple[str, int]


class HangingPeer:
    """Listens on a port of its own before another address."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.waiting = threading.Event()
        """Somebody has connected who will get no answer."""
        self._hangs = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """Pass on nothing more, and keep every connection open."""
        self._hangs.set()

    def close(self) -> None:
        """End all of it."""
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._keep(client)
            if self._hangs.is_set():
                self.waiting.set()
                continue
            server = self._keep(socket.create_connection(self._target))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _keep(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._open.append(connection)
        return connection

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                if self._hangs.is_set():
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def hanging_peer(target: Address) -> Iterator[HangingPeer]:
    """A peer before the target, which does not hang yet."""
    peer = HangingPeer(target)
    try:
        yield peer
    finally:
        peer.close()
