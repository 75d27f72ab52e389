from typing import Any

import pytest

from lag_scaler.conflicts import conflict, foreign_scaler
from lag_scaler.spec import Target

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
