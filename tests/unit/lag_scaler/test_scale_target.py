from collections.abc import AsyncIterator
from typing import Any

import kopf
import pytest
from tests.support.lag_scaler import NAMESPACE, Cluster

from lag_scaler.kubernetes_api import KubernetesApi, in_namespace
from lag_scaler.scale_target import ScaleTarget, TargetState
from lag_scaler.spec import Target

SCALE = {"spec": {"replicas": 4}, "status": {"replicas": 3}}


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[KubernetesApi]:
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    yield api
    await api.close()


@pytest.mark.parametrize(
    ("api_version", "found", "replicas", "ready"),
    [
        pytest.param(
            "apps/v1",
            {"spec": {"replicas": 4}, "status": {"readyReplicas": 2}},
            4,
            2,
            id="what is ready",
        ),
        pytest.param(
            "apps/v1", {"spec": {"replicas": 4}, "status": {}}, 4, 0, id="none is left out"
        ),
        pytest.param(
            "acme.example/v1",
            {"spec": {"replicas": 4}, "status": {"readyReplicas": 2}},
            4,
            2,
            id="another kind that counts what is ready",
        ),
        pytest.param(
            "acme.example/v1", {"spec": {"replicas": 4}}, 4, 3, id="one that counts pods alone"
        ),
        pytest.param(
            "acme.example/v1", {"spec": {"size": 9}}, 4, 3, id="one with another name for both"
        ),
    ],
)
async def test_any_kind_with_a_scale(
    cluster: Cluster,
    api: KubernetesApi,
    api_version: str,
    found: dict[str, Any],
    replicas: int,
    ready: int,
) -> None:
    path = in_namespace(api_version, NAMESPACE, "workers", "logger")
    resources = [{"name": name, "kind": "Worker"} for name in ("workers", "workers/scale")]
    cluster.server[f"get /apis/{api_version}"] << {"resources": resources}
    cluster.server[f"get {path}"] << {"metadata": {"resourceVersion": "7"}, **found}
    cluster.server[f"get {path}/scale"] << SCALE
    target = Target.model_validate({"apiVersion": api_version, "kind": "Worker", "name": "logger"})
    state = await ScaleTarget(api, NAMESPACE, target).read()
    assert state == TargetState(replicas=replicas, ready=ready, version="7")
