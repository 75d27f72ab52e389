"""Failpoints: named points at which a test can hold a process, to kill it there or delay it.

A test names a folder in `FAILPOINTS_DIR` and puts an empty file `NAME.armed` in it. The first
process at that point renames the file to `NAME.reached` and waits until it is removed. Without the
variable a point costs one comparison.
"""

import os
import time
from pathlib import Path
from typing import Final

_FOLDER: Final = os.environ.get("FAILPOINTS_DIR")
_POLL_SECONDS: Final = 0.02


def hit_failpoint(name: str) -> None:
    """Return at once, unless a test armed this point: then wait until the test lets go."""
    if _FOLDER is None:
        return
    reached = Path(_FOLDER) / f"{name}.reached"
    try:
        reached.with_suffix(".armed").rename(reached)
    except FileNotFoundError:
        return
    while reached.exists():
        time.sleep(_POLL_SECONDS)
