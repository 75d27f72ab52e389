"""Waiting for what a test needs to become true."""

import time
from collections.abc import Callable


def wait_until(
    claim: Callable[[], bool], what: str, *, seconds: float = 120, every: float = 0.1
) -> float:
    """Poll until the claim is true; how long that took. Fails saying what never came to be."""
    began = time.monotonic()
    while not claim():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(every)
    return time.monotonic() - began
