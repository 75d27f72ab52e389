"""A program that runs before a part's own, so that the part ends with the supervisor.

`death_signal.py SIGNAL SUPERVISOR COMMAND…` has the kernel send SIGNAL when the supervisor dies,
even by `kill -9`, and then executes COMMAND. It needs the standard library alone and takes some
ten milliseconds.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process by the command; if the supervisor is gone already, end at once."""
    signal_number, supervisor, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal_number))
    if os.getppid() != int(supervisor):
        sys.exit("the supervisor is gone")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
