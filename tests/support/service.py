"""A deployable run as its own process, by its entry point and environment, for tests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from tests.support.waiting import wait_until


class Service:
    """`python -m MODULE` with a port of its own; its output goes to `log`."""

    def __init__(self, module: str, environment: dict[str, str], *, url: str, log: Path) -> None:
        self.url = url
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                env={"PATH": os.environ["PATH"], **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def process_id(self) -> int:
        """Of the process that was started."""
        return self._process.pid

    def wait_ready(self, *, within: float = 30.0) -> "Service":
        """Returns when `/healthz` answers."""
        wait_until(self._answers, "it answers", seconds=within)
        return self

    def status(self, path: str) -> int:
        """The status of a GET."""
        return httpx.get(self.url + path, timeout=5).status_code

    def terminate(self, *, within: float = 30.0) -> int:
        """SIGTERM; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within)

    def signal_end(self) -> None:
        """SIGTERM, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, within: float = 30.0) -> int:
        """The exit status."""
        return self._process.wait(within)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self._log.read_text("utf-8")
        try:
            return self.status("/healthz") == 200
        except httpx.TransportError:
            return False
