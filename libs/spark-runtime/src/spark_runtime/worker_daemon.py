"""Spark's daemon of Python workers, which imports Spark as it is installed.

Spark puts archives of the same modules before the installed ones. Python compiles what it imports
from an archive anew each time, which takes half of the time that a daemon and a worker start in.
"""

import sys
from typing import Final

_ARCHIVES: Final = ("/pyspark.zip", "-src.zip")

sys.path[:] = [path for path in sys.path if not path.endswith(_ARCHIVES)]

if __name__ == "__main__":
    from pyspark.daemon import manager

    manager()
