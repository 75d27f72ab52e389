from base64 import b64encode
from typing import Any

import kopf
import pytest
from tests.support.lag_scaler import Cluster

from lag_scaler.kafka_access import resolve
from lag_scaler.kubernetes_api import KubernetesApi, NotFoundError
from lag_scaler.spec import Source
from service_runtime.errors import PermanentError
from service_runtime.settings import KafkaSecuritySettings

SCRAM = {
    "protocol": "sasl-scram",
    "username": "scaler",
    "passwordSecret": {"name": "kafka", "key": "password"},
    "caConfigMap": {"name": "kafka-ca", "key": "ca.crt"},
}


def source(**fields: Any) -> Source:
    return Source.model_validate({"group": "g", "topics": ["t"], **fields})


@pytest.fixture
def api(cluster: Cluster) -> KubernetesApi:
    password = b64encode(b"secret").decode()
    cluster.put("v1/secrets", {"metadata": {"name": "kafka"}, "data": {"password": password}})
    cluster.put("v1/configmaps", {"metadata": {"name": "kafka-ca"}, "data": {"ca.crt": "PEM"}})
    cluster.put("v1/configmaps", {"metadata": {"name": "place"}, "data": {"brokers": "k:9092\n"}})
    return KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)


async def test_reads_what_the_source_names(api: KubernetesApi) -> None:
    place = {"name": "place", "key": "brokers"}
    found = await resolve(api, "shop", source(bootstrapServersConfigMap=place, security=SCRAM))
    assert found.bootstrap_servers == "k:9092"
    assert found.security == KafkaSecuritySettings(
        kafka_security="sasl-scram",
        kafka_username="scaler",
        kafka_password="secret",
        kafka_ca="PEM",
    )
    await api.close()


async def test_without_references_it_asks_nobody(cluster: Cluster) -> None:
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    found = await resolve(api, "shop", source(bootstrapServers="k:9092"))
    assert found.security == KafkaSecuritySettings()
    assert list(cluster.server) == []


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        pytest.param(
            {"name": "kafka", "key": "pass"},
            PermanentError,
            "secrets/kafka has no key pass",
            id="key",
        ),
        pytest.param(
            {"name": "kafkas", "key": "password"}, NotFoundError, "secrets/kafkas", id="Secret"
        ),
    ],
)
async def test_a_reference_to_nothing(
    api: KubernetesApi, key: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        await resolve(
            api, "shop", source(bootstrapServers="k:1", security=SCRAM | {"passwordSecret": key})
        )
    await api.close()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param(b"\xff\xfe", "secrets/odd: password is no text", id="not text"),
        pytest.param(b"", "source.security: .*needs KAFKA_PASSWORD", id="empty"),
    ],
)
async def test_a_secret_of_no_use(
    cluster: Cluster, api: KubernetesApi, value: bytes, message: str
) -> None:
    data = {"password": b64encode(value).decode()}
    cluster.put("v1/secrets", {"metadata": {"name": "odd"}, "data": data})
    security = SCRAM | {"passwordSecret": {"name": "odd", "key": "password"}}
    with pytest.raises(PermanentError, match=message):
        await resolve(api, "shop", source(bootstrapServers="k:1", security=security))
    await api.close()
