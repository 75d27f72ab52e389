"""What takes long to make, kept from one clone to the next."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept() -> Path:
    """The folder of all that is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "vitrine"


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
