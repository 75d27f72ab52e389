"""Makes what the cluster suite needs and keeps it: the node's programs, and all images."""

import sys

from tests.cluster.node import build, images


def main() -> None:
    """Take some ten minutes the first time; do nothing where this machine cannot run a node."""
    if missing := build.missing():
        print(f"no node is prepared, since it needs {', '.join(missing)}", file=sys.stderr)
        return
    images.node_images(build.programs())
    images.platform_images()


if __name__ == "__main__":
    main()
