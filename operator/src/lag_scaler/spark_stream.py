"""The executors of a Spark stream as a target: a ConfigMap in which they are asked for, and in
which the stream's driver answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lag_scaler.kubernetes_api import Json, KubernetesApi, in_namespace
from lag_scaler.scale_target import TargetState
from lag_scaler.spec import SPARK_STREAM, Target
from service_runtime.errors import TransientError
from service_runtime.executor_request import WANTED, ExecutorAnswer, wanted_executors

BELIEVED_SECONDS: Final = 60.0
"""A driver answers every 20 seconds, and at once what has changed."""


class SparkStream:
    """Its replicas are executors. Raises what KubernetesApi raises, and TransientError while no
    driver answers."""

    def __init__(
        self,
        kubernetes: KubernetesApi,
        namespace: str,
        target: Target,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kubernetes = kubernetes
        self._path = in_namespace(SPARK_STREAM[0], namespace, "configmaps", target.name)
        self._clock = clock

    async def read(self) -> TargetState:
        """The state now."""
        return stream_state(await self._kubernetes.get(self._path), now=self._clock())

    async def scale(self, replicas: int, *, version: str) -> None:
        """Ask for so many executors. Raises StaleError if the ConfigMap has changed since
        `version`, be it by an answer."""
        change = {"metadata": {"resourceVersion": version}, "data": {WANTED: str(replicas)}}
        await self._kubernetes.merge(self._path, change)


def stream_state(found: Json, *, now: datetime) -> TargetState:
    """The state that a ConfigMap tells. Raises PermanentError for data that make no sense."""
    data = found.get("data", {})
    name, answer = found["metadata"]["name"], ExecutorAnswer.of(data)
    if answer is None:
        raise TransientError(f"no driver has answered in ConfigMap {name}")
    age = (now - answer.at).total_seconds()
    if age > BELIEVED_SECONDS:
        raise TransientError(f"the driver last answered in ConfigMap {name} {age:.0f} s ago")
    return TargetState(
        replicas=wanted_executors(data) or answer.requested,
        ready=answer.running,
        version=found["metadata"]["resourceVersion"],
    )
