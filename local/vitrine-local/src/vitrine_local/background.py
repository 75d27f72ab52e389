"""The platform in a background process: `up` starts it, any process can end it by `down`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vitrine_local import cleanup, folder_lock
from vitrine_local.foreground import ready_file
from vitrine_local.layout import Layout
from vitrine_local.preflight import require_free_disk
from vitrine_local.processes import wait_until_gone
from vitrine_local.settings import Settings

SUPERVISOR = "supervisor"
"""The name of the supervisor's own log."""

_POLL_SECONDS = 0.1
_STOP_SECONDS = 60.0


def up(settings: Settings, names: Sequence[str], *, fresh: bool) -> int:
    """Start a supervisor that outlives this process, and print its log until every part is ready.

    Returns the exit code; unless it is 0, nothing runs. Raises LocalError if a supervisor runs.
    """
    layout = Layout.of(settings)
    if holder := folder_lock.holder(layout):
        raise folder_lock.refusal(layout, holder)
    require_free_disk(layout.root)
    layout.create()
    ready_file(layout).unlink(missing_ok=True)
    options = ["--fresh"] if fresh else []
    with layout.log(SUPERVISOR).open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "vitrine_local.main", "supervise", *options, *names],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings.as_environment()},
            start_new_session=True,
        )
    try:
        return _follow_until_ready(child, layout)
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        return 130


def down(layout: Layout) -> bool:
    """Stop the platform of a state folder and wait for its end; False if nothing ran.

    It stops the parts too if their supervisor was killed.
    """
    holder = folder_lock.holder(layout)
    if holder:
        holder.send(signal.SIGTERM)
        if not wait_until_gone([holder], time.monotonic() + _STOP_SECONDS):
            holder.send(signal.SIGKILL)
            wait_until_gone([holder], time.monotonic() + _STOP_SECONDS)
    left = cleanup.stop_leftovers(layout.run) if layout.run.exists() else []
    return bool(holder or left)


def _follow_until_ready(child: subprocess.Popen[bytes], layout: Layout) -> int:
    shown = 0
    while True:
        code, ready = child.poll(), ready_file(layout).exists()
        shown = _show_from(layout.log(SUPERVISOR), shown)
        if code is not None or ready:
            return code or 0
        time.sleep(_POLL_SECONDS)


def _show_from(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        file.seek(offset)
        text = file.read()
    sys.stdout.write(text.decode("utf-8", errors="replace"))
    sys.stdout.flush()
    return offset + len(text)
