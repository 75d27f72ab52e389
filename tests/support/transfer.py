"""What Chromium's network log says was transferred: headers and bodies, as they came."""

from typing import Any

from playwright.sync_api import Page


class Transfer:
    """Listens from now on; an answer that has not ended counts with what has come of it."""

    def __init__(self, page: Page) -> None:
        self._bytes: dict[str, int] = {}
        self.before: dict[str, int] = {}
        """By URL: how many bytes had been transferred when it was asked for."""
        log = page.context.new_cdp_session(page)
        log.on("Network.requestWillBeSent", self._ask)
        log.on("Network.responseReceived", self._begin)
        log.on("Network.dataReceived", self._add)
        log.on("Network.loadingFinished", self._end)
        log.send("Network.enable")

    @property
    def total(self) -> int:
        return sum(self._bytes.values())

    def _ask(self, event: dict[str, Any]) -> None:
        self.before.setdefault(event["request"]["url"], self.total)

    def _begin(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = int(event["response"]["encodedDataLength"])

    def _add(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] += int(event["encodedDataLength"])

    def _end(self, event: dict[str, Any]) -> None:
        self._bytes[event["requestId"]] = int(event["encodedDataLength"])
