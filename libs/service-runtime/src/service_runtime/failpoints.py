"""Named points at which a test can hold a process, to kill it there or to let it go on late.

`FAILPOINT` names the point and `FAILPOINT_FILE` a file: whoever reaches the point creates the
file and waits until somebody removes it. Without the variables a point costs one comparison.
"""

import os
import time
from pathlib import Path
from typing import Final

_ARMED: Final = os.environ.get("FAILPOINT")
_POLL_SECONDS: Final = 0.02


def reach(name: str) -> None:
    """Go on at once, unless a test armed this point; the file is made once only."""
    if name != _ARMED:
        return
    marker = Path(os.environ["FAILPOINT_FILE"])
    spent = marker.with_suffix(".spent")
    if spent.exists():
        return
    spent.touch()
    marker.touch()
    while marker.exists():
        time.sleep(_POLL_SECONDS)
