"""How to run `vitrine` from the folder where the user is."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

MAKE_TARGETS: Final = frozenset({"demo", "down", "doctor", "audit"})
"""Commands that `make` has too, under the same names."""


def command(name: str) -> str:
    """The command line for `vitrine NAME` here: by its name, by make, or by the program's path."""
    program = Path(sys.prefix, "bin", "vitrine")
    found = shutil.which("vitrine")
    if found and os.path.realpath(found) == os.path.realpath(program):
        return f"vitrine {name}"
    here = Path.cwd()
    if name in MAKE_TARGETS and program.parent.parent.parent == here and Path("Makefile").exists():
        return f"make {name}"
    short = program.relative_to(here) if program.is_relative_to(here) else program
    return f"{short} {name}"
