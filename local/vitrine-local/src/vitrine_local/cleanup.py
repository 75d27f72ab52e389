"""A process that outlives the supervisor for a moment and stops the parts that it left running.

`python -m vitrine_local.cleanup RUN_FOLDER` waits until its standard input ends, which happens
however the supervisor dies.
"""

import os
import signal
import sys
from pathlib import Path

from vitrine_local.processes import forget, read_records, stop


def stop_leftovers(run: Path) -> list[str]:
    """Stop every recorded part that still runs, all at once; the names of those that did."""
    records = read_records(run)
    living = [record for record in records if record.process.alive]
    stop(records)
    for record in records:
        forget(run, record.name)
    return [record.name for record in living]


def main() -> None:
    """Wait for the end of the supervisor, whatever signals come."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        continue
    stop_leftovers(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
