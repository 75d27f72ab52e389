"""The shop's page in a browser, and what tells whether it is laid out well."""

from pathlib import Path
from typing import Final

from playwright.sync_api import ConsoleMessage, Page, expect

_DATA: Final = Path(__file__).parents[1] / "data"
OVERFLOWING: Final = (_DATA / "overflowing.js").read_text("utf-8")
"""Finds what is wider than its place."""
CUT: Final = (_DATA / "cut.js").read_text("utf-8").strip()
"""Finds figures whose text does not fit."""
CHART_CUT: Final = (_DATA / "chart_cut.js").read_text("utf-8")
"""The texts that a chart shows, and those of them that do not fit."""
SOON: Final = 20_000
"""Milliseconds that a change may take to show."""


class Opened:
    """A page, and all that its console complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.excused: tuple[str, ...] = ()
        """What a test has the browser complain of: a part of the message."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        expect(page.locator("#frescor")).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def unexcused(self) -> list[str]:
        """The complaints that no test asked for."""
        return [c for c in self.complaints if not any(part in c for part in self.excused)]

    def figure(self, name: str) -> str | None:
        return self.page.locator(f"#{name}").get_attribute("data-valor")
