"""A Kubernetes of kmock with a StreamScaler and its target, and lag-scaler running on it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import kmock as mock
import kopf
import pytest
import yaml

from lag_scaler.handlers import announce, kopf_settings, register
from lag_scaler.liveness import Liveness
from lag_scaler.running_scalers import RunningScalers
from lag_scaler.services import build_services
from lag_scaler.settings import Settings
from service_runtime.executor_request import ExecutorAnswer

NAMESPACE: Final = "shop"
SCALERS: Final = "vitrine.dev/v1alpha1/streamscalers"
DEPLOYMENTS: Final = "apps/v1/deployments"
HPAS: Final = "autoscaling/v2/horizontalpodautoscalers"
SCALED_OBJECTS: Final = "keda.sh/v1alpha1/scaledobjects"
LEASES: Final = "coordination.k8s.io/v1/leases"
EVENTS: Final = "v1/events"
CONFIG_MAPS: Final = "v1/configmaps"
STREAM_EXECUTORS: Final = "stream-processor-executors"
Json = dict[str, Any]

_VERBS: Final = {"get", "list", "watch", "patch", "update", "create"}
_KINDS: Final = {
    SCALERS: ("StreamScaler", {"status"}),
    DEPLOYMENTS: ("Deployment", {"scale", "status"}),
    HPAS: ("HorizontalPodAutoscaler", {"status"}),
    LEASES: ("Lease", set[str]()),
    EVENTS: ("Event", set[str]()),
    CONFIG_MAPS: ("ConfigMap", set[str]()),
    "v1/namespaces": ("Namespace", set[str]()),
    "apiextensions.k8s.io/v1/customresourcedefinitions": ("CustomResourceDefinition", set[str]()),
}


def stream_scaler(name: str = "click-logger", **spec: Any) -> Json:
    """A StreamScaler of three replicas at least, whose brokers nobody can find: it has no data."""
    whole = {
        "mode": "Act",
        "target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "click-logger"},
        "source": {
            "bootstrapServersConfigMap": {"name": "absent", "key": "brokers"},
            "group": "click-logger",
            "topics": ["eventos_clientes"],
        },
        "bounds": {"minReplicas": 3, "maxReplicas": 6},
    }
    metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid-{name}", "generation": 1}
    return {
        "apiVersion": "vitrine.dev/v1alpha1",
        "kind": "StreamScaler",
        "metadata": metadata | {"resourceVersion": "1"},
        "spec": whole | spec,
    }


def stream_answer(requested: int, running: int, *, at: datetime) -> dict[str, str]:
    """What a stream's driver writes."""
    told = f"{requested} asked for, {running} running."
    return ExecutorAnswer(requested=requested, running=running, message=told, at=at).to_data()


def stream_executors(data: dict[str, str]) -> Json:
    """The ConfigMap that stands for a stream."""
    metadata = {"name": STREAM_EXECUTORS, "resourceVersion": "7"}
    return {"metadata": metadata, "data": data}


class Cluster:
    """What the API server holds, and what it was asked."""

    def __init__(self, server: mock.KubernetesEmulator) -> None:
        self.server = server
        for resource, (kind, subresources) in _KINDS.items():
            server.resources[resource] = mock.ResourceInfo(
                namespaced=kind not in ("Namespace", "CustomResourceDefinition"),
                kind=kind,
                verbs=_VERBS,
                subresources=subresources,
            )
        self.put(LEASES, {"metadata": {"name": "lag-scaler", "resourceVersion": "1"}, "spec": {}})
        self.put(DEPLOYMENTS, deployment(1))

    def put(self, resource: str, item: Json) -> None:
        """Add an object, or replace it."""
        self.server.objects[resource, NAMESPACE, item["metadata"]["name"]] = item

    def get(self, resource: str, name: str) -> Json:
        """An object as it is now."""
        found: Json = dict(self.server.objects[resource, NAMESPACE, name].raw)
        return found

    @property
    def replicas(self) -> int:
        """What the Deployment asks for."""
        count: int = self.get(DEPLOYMENTS, "click-logger")["spec"]["replicas"]
        return count

    @property
    def url(self) -> str:
        """Where the server listens."""
        return str(self.server.url)

    async def change(self, resource: str, name: str, spec: Json) -> None:
        """Change a spec, as kubectl would: the watch tells of it, and of a new generation."""
        path = f"/apis/{resource.rpartition('/')[0]}/namespaces/{NAMESPACE}"
        path += f"/{resource.rpartition('/')[2]}/{name}"
        generation = self.get(resource, name)["metadata"]["generation"] + 1
        change = {"metadata": {"generation": generation}, "spec": spec}
        headers = {"Content-Type": "application/merge-patch+json"}
        async with (
            aiohttp.ClientSession(self.url, headers=headers) as session,
            session.patch(path, json=change) as response,
        ):
            assert response.status == 200, await response.text()

    def conditions(self, name: str = "click-logger") -> dict[str, tuple[str, str]]:
        """Status and reason of each condition of a StreamScaler."""
        status = self.get(SCALERS, name).get("status", {})
        return {c["type"]: (c["status"], c["reason"]) for c in status.get("conditions", ())}

    def writes(self, path: str) -> list[Json]:
        """The bodies of the changes that were asked for under a path."""
        return [
            request.data
            for request in self.server
            if request.method in ("PATCH", "PUT") and path in str(request.url)
        ]

    def events(self) -> list[tuple[str, str]]:
        """Type and reason of each event that was posted."""
        posted = [r.data for r in self.server if r.method == "POST" and "/events" in str(r.url)]
        return [(event["type"], event["reason"]) for event in posted]


def deployment(replicas: int, *, version: str = "1") -> Json:
    """The target, all of whose pods are ready."""
    return {
        "metadata": {"name": "click-logger", "resourceVersion": version},
        "spec": {"replicas": replicas},
        "status": {"readyReplicas": replicas},
    }


@contextmanager
def kubeconfig(url: str, folder: Path) -> Iterator[None]:
    """Lets the operator find the API server."""
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": url}}],
        "users": [{"name": "it", "user": {"token": "token"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(path))
        yield


@asynccontextmanager
async def operator(identity: str = "pod-1", **changes: Any) -> AsyncIterator[RunningScalers]:
    """The whole operator in this event loop, until the block ends."""
    quick = {"interval_seconds": 0.5, "status_seconds": 0.0, "request_timeout_seconds": 2.0}
    settings = Settings(namespace=NAMESPACE, identity=identity, **(quick | changes))
    access = kopf_settings(settings)
    liveness = Liveness(time.monotonic)
    scalers = RunningScalers(build_services(settings, access, announce), liveness)
    stop = asyncio.Event()
    task = asyncio.create_task(
        kopf.operator(
            registry=register(scalers, liveness),
            settings=access,
            standalone=True,
            namespaces=[NAMESPACE],
            stop_flag=stop,
        )
    )
    try:
        yield scalers
    finally:
        stop.set()
        await asyncio.wait([task], timeout=20)
        assert task.done(), "the operator does not stop"


async def until(condition: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        await asyncio.sleep(0.05)
