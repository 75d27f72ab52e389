"""How a stream's driver reads and answers a request for executors, by the API server itself and
with the rights that its chart gives it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from tests.charts.profiles import VALUES
from tests.cluster.api_server import ApiServer, api_server
from tests.cluster.cluster import NAMESPACE, Cluster
from tests.cluster.node import build
from tests.support.helm import prepared_chart
from tests.support.lag_scaler import stream_answer
from tests.support.platform import free_ports

from service_runtime.errors import PermanentError, TransientError
from spark_runtime.config_map import ClusterAccess, ConfigMap

pytestmark = pytest.mark.cluster
ACCOUNT: Final = "vitrine-stream-processor"
NAME: Final = f"{ACCOUNT}-executors"
SCALED: Final = (
    f"--values={VALUES['default']}",
    "--set=lag-scaler.enabled=true,stream-processor.autoscaling.provider=lag-scaler",
)
ANSWER: Final = stream_answer(3, 2, at=datetime(2026, 11, 27, 20, tzinfo=UTC))


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """With the platform's objects, none of which runs."""
    if missing := build.missing():
        pytest.skip(f"an API server made here needs {', '.join(missing)}")
    with api_server() as running:
        running.cluster.kubectl("create", "namespace", NAMESPACE)
        running.cluster.helm("install", "vitrine", str(prepared_chart()), *SCALED)
        yield running


@pytest.fixture(scope="module")
def access(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> ClusterAccess:
    """What Kubernetes gives a pod of the driver."""
    account = tmp_path_factory.mktemp("account")
    (account / "namespace").write_text(NAMESPACE)
    (account / "ca.crt").write_bytes((server.home / "pairs" / "ca.crt").read_bytes())
    (account / "token").write_text(server.cluster.kubectl("create", "token", ACCOUNT))
    host, _, port = server.url.removeprefix("https://").partition(":")
    return ClusterAccess(host=host, port=int(port), account=account)


def ask(cluster: Cluster, count: int) -> None:
    change = f'--patch={{"data": {{"wanted": "{count}"}}}}'
    cluster.kubectl("patch", "configmap", NAME, "--type=merge", change)


def test_an_answer_stands_beside_the_request_and_both_outlast_an_upgrade(
    server: ApiServer, access: ClusterAccess
) -> None:
    config_map = ConfigMap(access, NAME)
    assert config_map.read() == {}
    ask(server.cluster, 3)
    assert config_map.read() == {"wanted": "3"}
    config_map.merge(ANSWER)
    assert config_map.read() == {"wanted": "3"} | ANSWER
    recommend = "--set=stream-processor.autoscaling.mode=Recommend"
    server.cluster.helm("upgrade", "vitrine", str(prepared_chart()), *SCALED, recommend)
    assert server.cluster.object("streamscaler", ACCOUNT)["spec"]["mode"] == "Recommend"
    assert config_map.read() == {"wanted": "3"} | ANSWER


def test_a_refusal_and_an_outage_are_told_apart(access: ClusterAccess, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match=r"kubernetes: GET absent: configmaps.*not found"):
        ConfigMap(access, "absent").read()
    (port,) = free_ports(1)
    with pytest.raises(TransientError, match="kubernetes: GET"):
        ConfigMap(replace(access, port=port), NAME).read()
    for name in ("namespace", "ca.crt"):
        (tmp_path / name).write_bytes((access.account / name).read_bytes())
    (tmp_path / "token").write_text("expired")
    with pytest.raises(TransientError, match="Unauthorized"):
        ConfigMap(replace(access, account=tmp_path), NAME).read()
