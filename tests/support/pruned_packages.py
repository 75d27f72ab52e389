"""The packages that spark-apps/prune.py prunes, as they are installed here."""

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Final

_PRUNED: Final = ("numpy", "pandas", "pyarrow", "pyspark")


def link_packages(folder: Path) -> None:
    """Put them below a folder, with the libraries that some have beside them.

    Links, since a copy would be a gigabyte: what is removed there stays where it is installed.
    """
    installed = Path(sysconfig.get_path("purelib"))
    for name in _PRUNED:
        for found in (installed / name, installed / f"{name}.libs"):
            if found.exists():
                shutil.copytree(found, folder / found.name, copy_function=os.symlink)
