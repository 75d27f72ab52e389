"""A TCP proxy that cuts connections before an answer arrives."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


class CuttingProxy(ThreadingTCPServer):
    """`cut` is asked of each answer of the server; a true one cuts that connection instead."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int], cut: Callable[[bytes], bool]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.cut = cut


class _Handler(BaseRequestHandler):
    server: CuttingProxy
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as upstream, suppress(OSError):
            Thread(target=_forward, args=(self.request, upstream), daemon=True).start()
            while (answer := upstream.recv(1 << 16)) and not self.server.cut(answer):
                self.request.sendall(answer)


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)


@contextmanager
def cutting_proxy(target: tuple[str, int], cut: Callable[[bytes], bool]) -> Iterator[int]:
    """Its port, while it runs."""
    with CuttingProxy(target, cut) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy.server_address[1]
        proxy.shutdown()
