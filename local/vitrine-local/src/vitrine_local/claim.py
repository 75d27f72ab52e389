"""Who holds a state folder: one supervisor at a time, known to others by number and start."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.processes import Process, find

_LOCK = "supervisor"


@contextmanager
def hold(layout: Layout) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it however this process ends.

    Raises LocalError where another holds it.
    """
    path = layout.run / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(_taken(path, layout)) from None
        me = find(os.getpid())
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {me.started if me else 0}".encode(), 0)
        yield
        os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder(layout: Layout) -> Process | None:
    """The supervisor that runs now, if any."""
    try:
        words = (layout.run / _LOCK).read_text("utf-8").split()
    except FileNotFoundError:
        return None
    if len(words) != 2:
        return None
    process = Process(int(words[0]), int(words[1]))
    return process if process.alive else None


def _taken(path: Path, layout: Layout) -> str:
    who = path.read_text("utf-8").split()
    by = f" by process {who[0]}" if who else ""
    return f"{layout.root} is in use already{by}: `vitrine status` shows it, `vitrine down` ends it"
