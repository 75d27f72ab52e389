"""Spark's daemon of Python workers, of which every worker is a fork.

Before the first one it imports what tasks need, so that no worker has to. Spark's own daemon does
not, since some of these modules start threads, which a fork loses together with the locks that they
hold: here they are told to start none.

Spark puts archives of its modules before the installed ones. Python compiles what it imports from
an archive anew each time, which takes half of the time that a daemon and a worker start in.
"""

import gc
import os
import sys
from importlib import import_module
from typing import Final

_ARCHIVES: Final = ("/pyspark.zip", "-src.zip")
_MODULES: Final = "PYTHON_WORKER_MODULES"
_OF_ALL: Final = ("pyspark.worker", "spark_runtime.python_worker")
_NO_THREADS: Final = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
}
"""What pyarrow and numpy look at as they are imported."""


def imports(*modules: str) -> dict[str, str]:
    """The property of a session whose workers find these modules imported."""
    return {f"spark.executorEnv.{_MODULES}": " ".join(modules)}


def prepare() -> None:
    """Import the modules, from where they are installed, without a thread. ImportError for one that
    is not there."""
    sys.path[:] = [path for path in sys.path if not path.endswith(_ARCHIVES)]
    os.environ.update(_NO_THREADS)
    for name in (*_OF_ALL, *os.environ.get(_MODULES, "").split()):
        import_module(name)
    # A worker collects garbage after every task, which walks over all that is not frozen.
    gc.collect()
    gc.freeze()


def main() -> None:
    """Make workers until Spark closes the standard input."""
    prepare()
    import_module("pyspark.daemon").manager()


if __name__ == "__main__":
    main()
