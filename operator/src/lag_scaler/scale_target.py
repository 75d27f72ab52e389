"""The target of a StreamScaler: how many replicas it asks for and has, and setting their number."""

from dataclasses import dataclass

from lag_scaler.kubernetes_api import Json, KubernetesApi, in_namespace
from lag_scaler.spec import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """What is asked for, what is ready, and the version that was read."""

    replicas: int
    ready: int
    version: str


class ScaleTarget:
    """Anything with a scale subresource. Raises what KubernetesApi raises."""

    def __init__(self, kubernetes: KubernetesApi, namespace: str, target: Target) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._target = target

    async def read(self) -> TargetState:
        """The state now."""
        path = await self._path()
        found = await self._kubernetes.get(path)
        if not _tells_all(found, self._target):
            found = completed(found, await self._kubernetes.get(f"{path}/scale"))
        return state_of(found)

    async def scale(self, replicas: int, *, version: str) -> None:
        """Ask for so many replicas. Raises StaleError if the target has changed since `version`."""
        change = {"metadata": {"resourceVersion": version}, "spec": {"replicas": replicas}}
        await self._kubernetes.merge(f"{await self._path()}/scale", change)

    async def _path(self) -> str:
        target = self._target
        plural = await self._kubernetes.scaled_resource(target.api_version, target.kind)
        return in_namespace(target.api_version, self._namespace, plural, target.name)


def _tells_all(found: Json, target: Target) -> bool:
    """Only the kinds of `apps` leave out `readyReplicas` because it is zero."""
    counts_ready = "readyReplicas" in found.get("status", {}) or target.key[0] == "apps"
    return counts_ready and "replicas" in found.get("spec", {})


def completed(found: Json, scale: Json) -> Json:
    """The object with what it leaves out, by its scale; that counts pods and none as ready, so all
    of them are taken to be."""
    return found | {
        "spec": scale["spec"] | found.get("spec", {}),
        "status": {"readyReplicas": scale.get("status", {}).get("replicas", 0)}
        | found.get("status", {}),
    }


def state_of(found: Json) -> TargetState:
    """The state of an object, where zeros may be left out."""
    return TargetState(
        replicas=found["spec"].get("replicas", 0),
        ready=found.get("status", {}).get("readyReplicas", 0),
        version=found["metadata"]["resourceVersion"],
    )
