"""A server of a test's own."""

import socket
import threading

from vitrine_local.settings import HOST


class Listener:
    """Accepts connections on `address` and talks to each in a thread of its own."""

    def __init__(self) -> None:
        self._socket = socket.create_server((HOST, 0))
        self.address = f"{HOST}:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Clients find nobody from now on."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        raise NotImplementedError
