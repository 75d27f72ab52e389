import asyncio
from typing import Any

import kopf
import pytest
from tests.support.lag_scaler import HPAS, Cluster

from lag_scaler.conflicts import ForeignScalers, conflict, foreign_scaler
from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.spec import Target
from service_runtime.errors import PermanentError

TARGET = Target.model_validate({"apiVersion": "apps/v1", "kind": "Deployment", "name": "logger"})


def hpa(**reference: Any) -> dict[str, Any]:
    return {"metadata": {"name": "hpa"}, "spec": {"scaleTargetRef": reference}}


@pytest.mark.parametrize(
    ("reference", "is_one"),
    [
        pytest.param(
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "logger"}, True, id="ours"
        ),
        pytest.param({"name": "logger"}, True, id="KEDA's defaults"),
        pytest.param(
            {"apiVersion": "", "kind": "", "name": "logger"}, True, id="KEDA's defaults, empty"
        ),
        pytest.param(
            {"apiVersion": "apps/v1beta1", "kind": "Deployment", "name": "logger"},
            True,
            id="by another version",
        ),
        pytest.param({"kind": "Deployment", "name": "other"}, False, id="another name"),
        pytest.param({"kind": "StatefulSet", "name": "logger"}, False, id="another kind"),
        pytest.param(
            {"apiVersion": "acme.example/v1", "kind": "Deployment", "name": "logger"},
            False,
            id="another group",
        ),
    ],
)
def test_who_else_scales(reference: dict[str, Any], is_one: bool) -> None:
    foreign = [foreign_scaler("HorizontalPodAutoscaler", hpa(**reference))]
    found = conflict(TARGET, foreign=foreign, others=())
    message = "Deployment logger is also scaled by HorizontalPodAutoscaler hpa."
    assert found == (message if is_one else None)


def test_all_are_named() -> None:
    foreign = [foreign_scaler("ScaledObject", hpa(name="logger"))]
    assert conflict(TARGET, foreign=foreign, others={"b", "a"}) == (
        "Deployment logger is also scaled by ScaledObject hpa, StreamScaler a, StreamScaler b."
    )


def test_one_that_names_no_target_is_named_itself() -> None:
    with pytest.raises(PermanentError, match="ScaledObject hpa names no target"):
        foreign_scaler("ScaledObject", hpa(kind="Deployment"))


async def test_those_who_ask_at_once_share_one_look(cluster: Cluster) -> None:
    cluster.put(HPAS, hpa(kind="Deployment", name="logger"))
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    scalers = ForeignScalers(api, "shop", clock=lambda: 0.0)
    found = await asyncio.gather(*(scalers.found(max_age=5.0) for _ in range(20)))
    assert [[s.title for s in each] for each in found] == [["HorizontalPodAutoscaler hpa"]] * 20
    assert len(list(cluster.server)) == 2
    await api.close()
