import asyncio
from collections.abc import Callable

import kmock as mock
import kopf
import pytest
from tests.support.lag_scaler import Cluster

from lag_scaler.kubernetes_api import KubernetesApi, NotFoundError, StaleError, in_namespace
from service_runtime.errors import PermanentError, TransientError

PATH = in_namespace("apps/v1", "shop", "deployments", "click-logger")


def api_of(url: str, tokens: Callable[[], str] = lambda: "token") -> KubernetesApi:
    return KubernetesApi(
        lambda: kopf.ConnectionInfo(server=url, token=tokens()), timeout_seconds=2.0
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(401, TransientError, id="a token that has expired"),
        pytest.param(403, PermanentError, id="no right to it"),
        pytest.param(404, NotFoundError, id="no such object"),
        pytest.param(409, StaleError, id="somebody wrote first"),
        pytest.param(422, PermanentError, id="refused"),
        pytest.param(429, TransientError, id="too many requests"),
        pytest.param(500, TransientError, id="broken"),
        pytest.param(503, TransientError, id="away"),
    ],
)
async def test_whether_to_try_again(cluster: Cluster, status: int, error: type[Exception]) -> None:
    cluster.server[f"get {PATH}"] << mock.KubernetesError(status=status, message="because")
    api = api_of(cluster.url)
    with pytest.raises(error, match=f"GET {PATH}: because") as raised:
        await api.get(PATH)
    assert type(raised.value) is error
    await api.close()


async def test_a_group_that_nobody_serves_is_answered_in_plain_text(cluster: Cluster) -> None:
    cluster.server[f"get {PATH}"] << 404 << b"404 page not found\n"
    api = api_of(cluster.url)
    with pytest.raises(NotFoundError, match="404 page not found"):
        await api.get(PATH)
    await api.close()


async def test_a_server_that_is_away_may_come_back() -> None:
    api = api_of("http://127.0.0.1:1")
    with pytest.raises(TransientError, match="kubernetes: GET /version"):
        await api.get("/version")
    await api.close()


async def test_logs_in_again_when_the_token_has_expired(cluster: Cluster) -> None:
    tokens = iter(["old", "new"])
    api = api_of(cluster.url, lambda: next(tokens))
    cluster.server[f"get {PATH}", {"Authorization": "Bearer old"}] << mock.KubernetesError(
        status=401
    )
    with pytest.raises(TransientError):
        await api.get(PATH)
    assert (await api.get(PATH))["metadata"]["name"] == "click-logger"
    await api.close()


async def test_a_token_that_expires_ends_nobody_who_waits(cluster: Cluster) -> None:
    """More ask at once than there are connections, and the first answers close them."""
    tokens = iter(["old", "new"])
    api = api_of(cluster.url, lambda: next(tokens))
    cluster.server[f"get {PATH}", {"Authorization": "Bearer old"}] << mock.KubernetesError(
        status=401
    )
    asked = [asyncio.create_task(api.get(PATH)) for _ in range(60)]
    await asyncio.wait(asked)
    assert [task.cancelled() for task in asked] == [False] * 60
    assert {type(task.exception()) for task in asked} == {TransientError}
    assert (await api.get(PATH))["metadata"]["name"] == "click-logger"
    await api.close()


async def test_without_a_login_it_is_tried_again() -> None:
    def none() -> str:
        raise kopf.LoginError("neither a service account nor a kubeconfig")

    with pytest.raises(TransientError, match="neither a service account"):
        await api_of("http://127.0.0.1:1", none).get(PATH)


async def test_the_plural_of_what_can_be_scaled(cluster: Cluster) -> None:
    api = api_of(cluster.url)
    assert await api.scaled_resource("apps/v1", "Deployment") == "deployments"
    with pytest.raises(NotFoundError, match="cannot be scaled"):
        await api.scaled_resource("coordination.k8s.io/v1", "Lease")
    with pytest.raises(NotFoundError, match="Depoyment of apps/v1 is not known"):
        await api.scaled_resource("apps/v1", "Depoyment")
    await api.close()
