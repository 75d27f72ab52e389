"""What takes long to make, kept from one clone to the next."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import vitrine_local


def kept() -> Path:
    """The folder of all that is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "vitrine"


def platform_cache() -> Path:
    """Where the local platform keeps the jars of its lock, for every clone with the same lock."""
    lock = Path(vitrine_local.__file__).with_name("jars.lock").read_bytes()
    return kept() / f"platform-{hashlib.sha256(lock).hexdigest()[:16]}"


def kept_folder(name: str, make: Callable[[Path], None]) -> Path:
    """The kept folder of this name, which `make` fills where there is none yet.

    All or nothing, so that a making that is cut off leaves no trace.
    """
    folder = kept() / name
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as partial:
            made = Path(partial) / "made"
            made.mkdir()
            make(made)
            made.replace(folder)
    return folder
