from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import kopf
import pytest
from tests.support.lag_scaler import (
    CONFIG_MAPS,
    NAMESPACE,
    STREAM_EXECUTORS,
    Cluster,
    stream_answer,
    stream_executors,
)

from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.scale_target import TargetState
from lag_scaler.spark_stream import SparkStream, stream_state
from lag_scaler.spec import Target
from service_runtime.errors import PermanentError, TransientError

NOW = datetime(2026, 11, 27, 20, tzinfo=UTC)
NAME = STREAM_EXECUTORS


@pytest.mark.parametrize(
    ("data", "replicas", "ready"),
    [
        pytest.param(stream_answer(2, 1, at=NOW), 2, 1, id="nobody has asked yet"),
        pytest.param({"wanted": "3"} | stream_answer(2, 2, at=NOW), 3, 2, id="just asked for"),
        pytest.param({"wanted": "3"} | stream_answer(3, 3, at=NOW), 3, 3, id="all are there"),
        pytest.param(
            stream_answer(2, 2, at=NOW - timedelta(seconds=60)), 2, 2, id="a minute is believed"
        ),
        pytest.param(
            stream_answer(2, 2, at=NOW + timedelta(seconds=5)), 2, 2, id="by a clock that is ahead"
        ),
    ],
)
def test_what_a_stream_has(data: dict[str, str], replicas: int, ready: int) -> None:
    assert stream_state(stream_executors(data), now=NOW) == TargetState(
        replicas=replicas, ready=ready, version="7"
    )


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        pytest.param({}, TransientError, f"no driver has answered in ConfigMap {NAME}", id="none"),
        pytest.param(
            {"wanted": "3"} | stream_answer(3, 3, at=NOW - timedelta(seconds=61)),
            TransientError,
            f"the driver last answered in ConfigMap {NAME} 61 s ago",
            id="none for a minute",
        ),
        pytest.param(
            {"wanted": "0"} | stream_answer(3, 3, at=NOW),
            PermanentError,
            "no whole number of at least 1",
            id="asked for nothing",
        ),
        pytest.param(
            stream_answer(3, 3, at=NOW) | {"running": "?"},
            PermanentError,
            "not the answer of a driver",
            id="another's data",
        ),
    ],
)
def test_what_cannot_be_believed_is_told(
    data: dict[str, str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        stream_state(stream_executors(data), now=NOW)


def test_a_map_without_data() -> None:
    found = {"metadata": {"name": NAME, "resourceVersion": "7"}}
    with pytest.raises(TransientError, match="no driver has answered"):
        stream_state(found, now=NOW)


@pytest.fixture
async def stream(cluster: Cluster) -> AsyncIterator[SparkStream]:
    api = KubernetesApi(lambda: kopf.ConnectionInfo(server=cluster.url), timeout_seconds=2.0)
    target = Target.model_validate({"apiVersion": "v1", "kind": "ConfigMap", "name": NAME})
    yield SparkStream(api, NAMESPACE, target, clock=lambda: NOW)
    await api.close()


async def test_executors_are_asked_for_beside_the_answer(
    cluster: Cluster, stream: SparkStream
) -> None:
    cluster.put(CONFIG_MAPS, stream_executors(stream_answer(1, 1, at=NOW)))
    before = await stream.read()
    await stream.scale(3, version=before.version)
    assert cluster.get(CONFIG_MAPS, NAME)["data"] == {"wanted": "3"} | stream_answer(1, 1, at=NOW)
    asked = {"metadata": {"resourceVersion": before.version}, "data": {"wanted": "3"}}
    assert cluster.writes(NAME) == [asked]
    assert (await stream.read()).replicas == 3
