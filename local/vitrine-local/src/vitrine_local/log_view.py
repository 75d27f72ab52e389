"""Shows the logs of parts."""

import sys
import time
from pathlib import Path

from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout

_POLL_SECONDS = 0.2
_BLOCK = 65_536


def show(layout: Layout, name: str, *, follow: bool) -> None:
    """Write a part's log to standard output; `follow` goes on until interrupted, over restarts
    of the part too. Raises LocalError for a part that has no log."""
    path = layout.log(name)
    if not path.exists():
        known = ", ".join(sorted(log.stem for log in layout.logs.glob("*.log"))) or "none yet"
        raise LocalError(f"{name} has no log in {layout.logs}; there are: {known}")
    _show(path, follow=follow)


def _show(path: Path, *, follow: bool) -> None:
    while True:
        with path.open("rb") as file:
            while True:
                if block := file.read(_BLOCK):
                    sys.stdout.buffer.write(block)
                    continue
                sys.stdout.buffer.flush()
                if not follow:
                    return
                time.sleep(_POLL_SECONDS)
                if path.exists() and not path.samefile(f"/dev/fd/{file.fileno()}"):
                    break
