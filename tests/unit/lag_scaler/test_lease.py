import asyncio
from collections.abc import AsyncIterator

import kmock as mock
import kopf
import pytest
from tests.support.lag_scaler import LEASES, NAMESPACE, Cluster

from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.lease import Lease
from service_runtime.errors import TransientError

PATH = Lease.path(NAMESPACE, "lag-scaler")


@pytest.fixture
async def lease(cluster: Cluster) -> AsyncIterator[Lease]:
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    yield Lease(api, PATH, holder="pod-1", seconds=15, clock=lambda: 0.0)
    await api.close()


async def test_all_who_ask_at_once_may_write(cluster: Cluster, lease: Lease) -> None:
    assert await asyncio.gather(*(lease.held() for _ in range(20))) == [True] * 20
    assert [request.method for request in cluster.server] == ["GET", "PATCH"]


async def test_an_api_server_that_is_away_is_asked_once_for_all(
    cluster: Cluster, lease: Lease
) -> None:
    cluster.server[f"get {PATH}"] << mock.KubernetesError(status=503)
    asked = (lease.held() for _ in range(20))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {TransientError}
    assert len(list(cluster.server)) == 1


async def test_who_ends_while_it_asks_stops_nobody(lease: Lease) -> None:
    ends, goes_on = asyncio.create_task(lease.held()), asyncio.create_task(lease.held())
    await asyncio.sleep(0)
    ends.cancel()
    assert await goes_on is True


async def test_what_is_just_being_taken_is_given_back(cluster: Cluster, lease: Lease) -> None:
    asked = asyncio.create_task(lease.held())
    await asyncio.sleep(0)
    await lease.release()
    assert await asked is True
    assert cluster.get(LEASES, "lag-scaler")["spec"]["holderIdentity"] == ""
