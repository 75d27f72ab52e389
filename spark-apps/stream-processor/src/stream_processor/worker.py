"""What every Python worker of Spark does once."""

import gc
from functools import cache


@cache
def freeze_imports() -> None:
    """Spark's worker collects garbage after every task, which without this walks over all that
    pandas and pyarrow made when they were imported: most of a small task's CPU time."""
    gc.collect()
    gc.freeze()
