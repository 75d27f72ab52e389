"""The lock of a state folder: one supervisor at a time holds it, and others can find out which."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from vitrine_local.commands import command
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.processes import Process, find
from vitrine_local.settings import Settings

_LOCK = "supervisor"
_SETTINGS = "settings"
_POLL_SECONDS = 0.1
_LEFTOVERS_SECONDS = 60.0


@contextmanager
def hold(layout: Layout) -> Iterator[int]:
    """Hold the folder's lock; the kernel releases it however this process ends.

    Yields the lock's descriptor: a process that inherits it keeps the lock. Waits while the parts
    of a dead supervisor are being stopped; raises LocalError if a living one has the lock.
    """
    path = layout.run / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(descriptor, layout)
        me = find(os.getpid())
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {me.started if me else 0}".encode(), 0)
        yield descriptor
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


def publish_settings(layout: Layout, settings: Settings) -> None:
    """Write the settings of the holder to the folder, for processes in whatever folder."""
    paths = {"state_dir": layout.root, "cache_dir": layout.cache}
    absolute = settings.model_copy(update=paths)
    (layout.run / _SETTINGS).write_text(absolute.model_dump_json(), "utf-8")


def settings_of_holder(layout: Layout, otherwise: Settings) -> Settings:
    """The settings of the living holder, or `otherwise` if there is none."""
    if holder(layout) is None:
        return otherwise
    try:
        return Settings.model_validate_json((layout.run / _SETTINGS).read_text("utf-8"))
    except FileNotFoundError:
        return otherwise


def refusal(layout: Layout, living: Process | None) -> LocalError:
    """The error for a folder that another process holds."""
    by = f" by process {living.pid}" if living else ""
    advice = f"`{command('status')}` shows it, `{command('down')}` ends it"
    return LocalError(f"{layout.root} is in use already{by}: {advice}")


def _lock(descriptor: int, layout: Layout) -> None:
    deadline = time.monotonic() + _LEFTOVERS_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            living = holder(layout)
            if living or time.monotonic() > deadline:
                raise refusal(layout, living) from None
            time.sleep(_POLL_SECONDS)
