"""The operator's conversation with the API server, in which kmock plays the server."""

from collections.abc import Iterator
from pathlib import Path

import kmock as mock
import pytest
from tests.support.lag_scaler import (
    SCALERS,
    Cluster,
    kubeconfig,
    operator,
    stream_scaler,
    until,
)


@pytest.fixture
def cluster(kmock: mock.KubernetesEmulator, tmp_path: Path) -> Iterator[Cluster]:
    with kubeconfig(str(kmock.url), tmp_path):
        yield Cluster(kmock)


async def test_acts_reports_and_tells(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: cluster.replicas == 3, "three replicas")
        await until(lambda: cluster.conditions() != {}, "conditions")
    print(cluster.get(SCALERS, "click-logger"))
    print(cluster.events())
    assert 0
