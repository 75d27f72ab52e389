"""The status of all parts on a terminal, again and again until q or Ctrl-C."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from vitrine_local import status
from vitrine_local.layout import Layout
from vitrine_local.settings import Settings

_EVERY_SECONDS: Final = 2.0
_FIRST_SECONDS: Final = 0.5
_QUIT: Final = b"qQ"


def show(settings: Settings, layout: Layout) -> None:
    """Refresh until q; parts may end and come back meanwhile."""
    reader = status.StatusReader(settings, layout)
    console = Console()
    with _single_keys(), Live(console=console, screen=True, auto_refresh=False) as live:
        wait = _FIRST_SECONDS
        while not _is_told_to_quit(wait):
            live.update(Text(_text(reader, layout), no_wrap=True, overflow="crop"), refresh=True)
            wait = _EVERY_SECONDS


def _text(reader: status.StatusReader, layout: Layout) -> str:
    found = reader.read()
    shown = status.table(found) if found else f"nothing runs in {layout.root}"
    return f"{shown}\n\nq or Ctrl-C ends this view, not the platform"


@contextmanager
def _single_keys() -> Iterator[None]:
    """Keys are read one by one and not shown, where there is a keyboard."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _is_told_to_quit(seconds: float) -> bool:
    """Whether q is pressed within so many seconds."""
    keyboard = [sys.stdin] if sys.stdin.isatty() else []
    pressed, _, _ = select.select(keyboard, [], [], seconds)
    return bool(pressed) and any(key in _QUIT for key in os.read(sys.stdin.fileno(), 64))
