"""The stream under the spark-operator, and back."""

from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from tests.cluster.cluster import wait_until
from tests.cluster.release import MARKS, NAME, Release
from tests.cluster.spark_operator import SparkOperator
from tests.cluster.usage import assert_exact, buy, kill

pytestmark = MARKS

STREAM: Final = f"{NAME}-stream-processor"


@pytest.fixture(scope="module")
def operator(release: Release) -> Iterator[SparkOperator]:
    """The spark-operator, which has taken the stream over. Afterwards the chart's own runner has it
    again."""
    if not release.built_here:
        pytest.skip("the spark-operator of this cluster is its owner's")
    operator = SparkOperator(release.cluster)
    try:
        operator.install()
        release.upgrade(**{"stream-processor.runner": "spark-operator"})
        yield operator
        release.upgrade(**{"stream-processor.runner": "native"})
        release.wait_until_ready()
    finally:
        operator.uninstall()


def runs(operator: SparkOperator) -> bool:
    """Whether the operator says that the stream and its executor run."""
    status = operator.status(STREAM)
    executors = set(status.get("executorState", {}).values())
    return (status.get("applicationState", {}).get("state"), executors) == ("RUNNING", {"RUNNING"})


def wait_until_streaming(release: Release, operator: SparkOperator) -> float:
    """Wait for driver and executor, how long is returned, and then for the queries: no readiness
    probe of the driver's tells of them."""
    seconds = wait_until(lambda: runs(operator), "the operator says RUNNING")
    driver = operator.status(STREAM)["driverInfo"]["podName"]
    with release.cluster.forwarded(f"pod/{driver}", 8010) as port:

        def is_ready() -> bool:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=20)
            return bool(answer.json() == {"status": "ok"})

        wait_until(is_ready, "the driver says that its queries run")
    return seconds


def test_the_spark_operator_takes_the_stream_over(
    release: Release, operator: SparkOperator
) -> None:
    seconds = wait_until_streaming(release, operator)
    print(f"driver and executor run {seconds:.0f} s after the upgrade")
    buy(release)


def test_the_spark_operator_starts_a_killed_driver_again(
    release: Release, operator: SparkOperator
) -> None:
    kill(release, "spark-role=driver")
    seconds = wait_until_streaming(release, operator)
    print(f"the executor runs again {seconds:.0f} s after the driver")
    buy(release)
    assert_exact(release)
