"""A cluster for the tests: the one that KUBECONFIG names, or a node made here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.cluster import Cluster
from tests.cluster.node import build, images
from tests.cluster.node.node import Node
from tests.cluster.release import LOCAL_IMAGES, Release


@pytest.fixture(scope="session")
def release() -> Iterator[Release]:
    """The platform, yet to be installed."""
    if given := os.environ.get("KUBECONFIG"):
        yield Release(Cluster(Path(given)), backing_values=())
        return
    if missing := build.missing():
        pytest.skip(f"KUBECONFIG is not set, and a node made here needs {', '.join(missing)}")
    with Node() as node:
        node.import_images(images.platform_images())
        yield Release(Cluster(node.kubeconfig), backing_values=(LOCAL_IMAGES,))
