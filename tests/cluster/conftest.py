"""A cluster for the tests, the one that KUBECONFIG names or a node made here, and the platform."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.cluster.cluster import NAMESPACE, Cluster, wait_until
from tests.cluster.node import build, images
from tests.cluster.node.node import Node
from tests.cluster.release import LOCAL_IMAGES, Release
from tests.cluster.usage import assert_exact
from tests.support.helm import title


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs no node comes before one is made, which would take its share of the cores."""
    items.sort(key=lambda item: "not_installed" in getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells how the cluster stood, since nobody can look at it afterwards."""
    report = yield
    found = getattr(item, "funcargs", {}).get("not_installed")
    if report.failed and isinstance(found, Release):
        report.sections.append(("the cluster", found.cluster.described()))
    return report


GIVEN: Final = ("ConfigMap/kube-root-ca.crt", "ServiceAccount/default")


@pytest.fixture(scope="session")
def not_installed() -> Iterator[Release]:
    """The platform's images on a cluster."""
    if given := os.environ.get("KUBECONFIG"):
        yield Release(Cluster(Path(given)), backing_values=())
        return
    if missing := build.missing():
        pytest.skip(f"KUBECONFIG is not set, and a node made here needs {', '.join(missing)}")
    with Node() as node:
        node.import_images(images.platform_images())
        yield Release(Cluster(node.kubeconfig), backing_values=(LOCAL_IMAGES,))


@pytest.fixture(scope="session")
def release(not_installed: Release) -> Iterator[Release]:
    """The platform, installed and ready. In the end the audit is exact whatever the tests did, and
    removing it leaves nothing."""
    release = not_installed
    release.install()
    print(f"all pods Ready {release.wait_until_ready():.0f} s after helm install")
    yield release
    assert_exact(release)
    release.uninstall()
    wait_until(lambda: not _left(release.cluster), "nothing is left")
    release.cluster.kubectl("delete", "namespace", NAMESPACE)


def _left(cluster: Cluster) -> list[str]:
    kinds = cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "-o=name")
    kept = {"events", "events.events.k8s.io", "pods.metrics.k8s.io"}
    found = cluster.objects(",".join(kind for kind in kinds.split() if kind not in kept))
    return [name for name in map(title, found) if name not in GIVEN]
