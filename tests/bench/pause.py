"""Where a process that is measured waits until its CPU time has been read."""

import subprocess
import sys
from typing import Final

_MARK: Final = "bench: waiting"


def pause() -> None:
    """Wait for the one who measures."""
    print(f"\n{_MARK}", flush=True)
    sys.stdin.readline()


def wait_for_pause(process: "subprocess.Popen[str]") -> None:
    """Until the process pauses; it must not end before."""
    assert process.stdout
    for line in process.stdout:
        if line.strip() == _MARK:
            return
    raise AssertionError(f"the process ended with {process.wait()}")


def go_on(process: "subprocess.Popen[str]") -> None:
    """Let it go on after a pause."""
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()
