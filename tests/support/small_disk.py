"""A small file system of its own, to be filled."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_FILLING = "filling"


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Path]:
    """Mounted at `folder`, which is made; skips the test where that is not allowed."""
    folder.mkdir()
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk to fill")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with suppress(OSError), (folder / _FILLING).open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024 * 1024))


def make_room(folder: Path) -> None:
    """Take back what `fill` took."""
    (folder / _FILLING).unlink()
