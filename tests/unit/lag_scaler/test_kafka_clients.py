"""Which StreamScalers share a client, and for how long."""

import asyncio
from weakref import ref

import kopf
import pytest
from tests.support.lag_scaler import Cluster

from lag_scaler.kafka_access import KafkaAccess
from lag_scaler.kafka_clients import KafkaClients
from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.observer import Observer
from lag_scaler.spec import Source
from service_runtime.errors import TransientError
from service_runtime.settings import KafkaSecuritySettings


def access(servers: str) -> KafkaAccess:
    return KafkaAccess(servers, KafkaSecuritySettings())


async def test_one_client_for_all_with_the_same_access_and_group() -> None:
    clients = KafkaClients(timeout_seconds=1.0)
    one = await clients.of(access("k:1"), "group")
    same = await clients.of(access("k:1"), "group")
    assert (same.admin, same.commits) == (one.admin, one.commits)
    of_another_group = await clients.of(access("k:1"), "another")
    assert of_another_group.admin is one.admin
    assert of_another_group.commits is not one.commits
    elsewhere = await clients.of(access("k:2"), "group")
    assert elsewhere.admin is not one.admin
    assert elsewhere.commits is not one.commits


async def test_those_who_ask_at_once_get_one_client() -> None:
    clients = KafkaClients(timeout_seconds=1.0)
    found = await asyncio.gather(*(clients.of(access("k:1"), "group") for _ in range(20)))
    assert len({(id(each.admin), id(each.commits)) for each in found}) == 1


async def test_clients_that_nobody_holds_end() -> None:
    clients = KafkaClients(timeout_seconds=1.0)
    held = await clients.of(access("k:1"), "group")
    admin, commits = ref(held.admin), ref(held.commits)
    del held
    await asyncio.sleep(0)
    assert (admin(), commits()) == (None, None)


async def test_after_a_failed_read_all_get_other_clients(cluster: Cluster) -> None:
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    clients = KafkaClients(timeout_seconds=0.1)
    first, second = (Observer(api, clients, "shop", timeout_seconds=0.1) for _ in range(2))
    servers = "127.0.0.1:1"
    nowhere = Source.model_validate({"bootstrapServers": servers, "group": "g", "topics": ["t"]})
    failed = await clients.of(access(servers), "g")
    for observer in (first, second):
        with pytest.raises(TransientError):
            await observer.read(nowhere)
    same = await clients.of(access(servers), "g")
    assert (same.admin, same.commits) == (failed.admin, failed.commits)
    with pytest.raises(TransientError):
        await first.read(nowhere)
    another = await clients.of(access(servers), "g")
    assert another.admin is not failed.admin
    assert another.commits is not failed.commits
    with pytest.raises(TransientError):
        await second.read(nowhere)
    kept = await clients.of(access(servers), "g")
    assert (kept.admin, kept.commits) == (another.admin, another.commits)
    await api.close()
