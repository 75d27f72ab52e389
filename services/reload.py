#!/opt/vitrine/bin/python
"""Runs a service from a copy of its files, and restarts it when they change; for development alone.

`skaffold dev` writes changed files into FILES, since the root of a pod is read-only.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from threading import Event

FILES = Path("/tmp/src")
INTERVAL_SECONDS = 0.5
GRACE_SECONDS = 5.0


def copy_own_packages(folder: Path) -> None:
    """Copy the packages that were installed from files, which are the platform's own."""
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for distribution in distributions():
        if distribution.read_text("direct_url.json"):
            name = distribution.metadata["Name"].replace("-", "_")
            spec = find_spec(name)
            for place in (spec.submodule_search_locations or ()) if spec else ():
                shutil.copytree(place, partial / name)
    partial.rename(folder)


def supervise(command: Sequence[str], folder: Path) -> int:
    """Run the command until SIGTERM, and pass that on. A process that ends by itself starts again
    at the next change."""
    end = Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    while True:
        seen = _state(folder)
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(folder)})
        while _state(folder) == seen and not end.wait(INTERVAL_SECONDS):
            pass
        _stop(process)
        if end.is_set():
            return process.returncode
        print("changed, so started anew", file=sys.stderr, flush=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _state(folder: Path) -> dict[Path, int]:
    """The time of the last change of each file; a file that vanishes meanwhile is left out."""
    found = {}
    for path in folder.rglob("*"):
        try:
            found[path] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return found


def main() -> None:
    """Run the service; the copy and its changes outlive the container."""
    if not FILES.exists():
        copy_own_packages(FILES)
    module = os.environ["PACKAGE"].replace("-", "_")
    sys.exit(supervise([sys.executable, "-m", f"{module}.main", *sys.argv[1:]], FILES))


if __name__ == "__main__":
    main()
