"""The scalers of one namespace, started and stopped as the watch shows objects come and go."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol

from lag_scaler.kubernetes_api import in_namespace
from lag_scaler.liveness import Liveness, Version, unseen
from lag_scaler.report import Announcement
from lag_scaler.scaler import Scaler
from lag_scaler.services import Services
from lag_scaler.spec import GROUP, PLURAL, VERSION, StreamScalerSpec, Target
from service_runtime.errors import PermanentError, TransientError

_log = logging.getLogger(__name__)


class Acting(Protocol):
    """The names of the StreamScalers that act on a target, by its key."""

    def get(self, key: tuple[str, str, str], default: tuple[str, ...], /) -> Any:
        """The names of those that act on one target."""


class RunningScalers:
    """One loop an object."""

    def __init__(self, services: Services, liveness: Liveness) -> None:
        self._services = services
        self._liveness = liveness
        self._seen: dict[str, Version] = {}
        self._running: dict[str, tuple[Scaler, asyncio.Task[None]]] = {}

    @property
    def names(self) -> set[str]:
        """The names of the scalers whose loops run."""
        return set(self._running)

    async def show(self, body: Mapping[str, Any], acting: Acting) -> None:
        """Start the scaler of an object, or tell it how the object is now."""
        metadata = body["metadata"]
        name, version = metadata["name"], Version(metadata["uid"], metadata["generation"])
        known = self._seen.get(name)
        if known is not None and known.uid != version.uid:
            await self.hide(name)
        self._seen[name] = version
        if known == version:
            return
        try:
            spec = StreamScalerSpec.of(body["spec"])
        except PermanentError as error:
            await self._stop(name)
            refusal = Announcement(type="Warning", reason="InvalidSpec", message=str(error))
            self._services.announce(body, refusal)
            return
        self._begin_or_change(name, body, spec, acting)

    async def hide(self, name: str) -> None:
        """Stop the scaler of an object that is gone."""
        self._seen.pop(name, None)
        await self._stop(name)
        self._services.metrics.forget(name)

    async def stop(self) -> None:
        """Stop all, and let another process begin."""
        for name in list(self._running):
            await self._stop(name)
        try:
            await self._services.lease.release()
        except (TransientError, PermanentError) as error:
            _log.warning("the Lease is not released: %s", error)
        await self._services.kubernetes.close()

    def problem(self) -> str | None:
        """A loop that has ended or hangs; read from another thread."""
        longest = self._services.settings.longest_round_seconds
        for name, (scaler, task) in list(self._running.items()):
            if task.done():
                return f"the loop of {name} has ended"
            if time.monotonic() - scaler.ended_round > longest:
                return f"the loop of {name} hangs"
        return self._liveness.problem()

    async def compare_watch(self) -> None:
        """Compare what the watch has shown with a list. Raises what KubernetesApi raises."""
        path = in_namespace(f"{GROUP}/{VERSION}", self._services.settings.namespace, PLURAL)
        items = (await self._services.kubernetes.get(path))["items"]
        metadata = [item["metadata"] for item in items]
        listed = {m["name"]: Version(m["uid"], m["generation"]) for m in metadata}
        self._liveness.compared(unseen(listed, self._seen))

    def _begin_or_change(
        self, name: str, body: Mapping[str, Any], spec: StreamScalerSpec, acting: Acting
    ) -> None:
        if name in self._running:
            self._running[name][0].update(body, spec)
            return

        def others(target: Target) -> frozenset[str]:
            return frozenset(acting.get(target.key, ())) - {name}

        scaler = Scaler(self._services, body, spec, others)
        task = asyncio.create_task(scaler.run(), name=f"scaler of {name}")
        self._running[name] = (scaler, task)

    async def _stop(self, name: str) -> None:
        if name in self._running:
            _, task = self._running.pop(name)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
