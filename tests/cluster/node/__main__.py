"""A node by hand: `python -m tests.cluster.node` keeps one up until Ctrl-C."""

import signal
import sys

from tests.cluster.node import build
from tests.cluster.node.node import Node


def main() -> int:
    """Print how to reach the node and wait; 1 where the machine lacks something."""
    if missing := build.missing():
        print(f"a node needs {', '.join(missing)}", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        with Node() as node:
            print(f"export KUBECONFIG={node.kubeconfig}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
