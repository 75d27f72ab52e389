"""Run as a program before a part's own: ties it to the supervisor's life, then becomes it.

`guard.py SIGNAL SUPERVISOR COMMAND…` sends itself SIGNAL when the supervisor dies, even by
`kill -9`. It needs the standard library alone and costs some ten milliseconds.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process; a supervisor that is gone already ends it at once."""
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
