"""An API server of kmock that the operator finds by its kubeconfig."""

from collections.abc import Iterator
from pathlib import Path

import kmock as mock
import pytest
from tests.support.lag_scaler import Cluster, kubeconfig


@pytest.fixture
def cluster(kmock: mock.KubernetesEmulator, tmp_path: Path) -> Iterator[Cluster]:
    with kubeconfig(str(kmock.url), tmp_path):
        yield Cluster(kmock)
