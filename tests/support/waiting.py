"""Waiting for what a test needs to become true."""

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], object], what: str, *, seconds: float = 120, every: float = 0.2
) -> float:
    """Poll until the condition is true; how long that took. Fails saying what never came to be.

    The longer it takes the more seldom, at last `every` so many seconds: a poll costs CPU too.
    """
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds} s: {what}"
        time.sleep(min(every, 0.01 + waited / 10))
    return time.monotonic() - began
