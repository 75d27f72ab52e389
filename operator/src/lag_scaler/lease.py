"""The Lease that a process holds while it writes, so that of two operators one does."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lag_scaler.kubernetes_api import Json, KubernetesApi, StaleError, in_namespace
from lag_scaler.shared_calls import SharedCalls

_MICROSECONDS: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_RENEW_AFTER: Final = 1 / 3
"""Of the time for which it is held."""


class Lease:
    """A Lease that exists in the namespace.

    Another holder's counts as expired once this process has seen it unchanged for its whole
    duration, so that clocks need not agree.
    """

    def __init__(
        self,
        kubernetes: KubernetesApi,
        path: str,
        *,
        holder: str,
        seconds: int,
        clock: Callable[[], float],
    ) -> None:
        self._kubernetes = kubernetes
        self._path = path
        self._holder = holder
        self._seconds = seconds
        self._clock = clock
        self._renewed: float | None = None
        self._seen: tuple[str, float] = ("", 0.0)
        self._checks = SharedCalls[None, bool]()

    @staticmethod
    def path(namespace: str, name: str) -> str:
        """The lease's path at the API server."""
        return in_namespace("coordination.k8s.io/v1", namespace, "leases", name)

    async def held(self) -> bool:
        """Whether this process may write now; takes or renews the Lease for it, once for all who
        ask meanwhile. Raises what KubernetesApi raises."""
        if self._is_fresh(self._clock()):
            return True
        return await self._checks.outcome(None, self._taken)

    def _is_fresh(self, now: float) -> bool:
        return self._renewed is not None and now - self._renewed < self._seconds * _RENEW_AFTER

    async def _taken(self) -> bool:
        now = self._clock()
        self._renewed = None
        found = await self._kubernetes.get(self._path)
        if self._is_anothers(found, now) or not await self._write(found, self._holder):
            return False
        self._renewed = now
        return True

    async def release(self) -> None:
        """Let the next process begin at once."""
        await self._checks.settled()
        if self._renewed is not None:
            self._renewed = None
            await self._write(await self._kubernetes.get(self._path), "")

    def _is_anothers(self, found: Json, now: float) -> bool:
        version = found["metadata"]["resourceVersion"]
        if version != self._seen[0]:
            self._seen = (version, now)
        spec = found.get("spec") or {}
        duration = spec.get("leaseDurationSeconds", self._seconds)
        expired = now - self._seen[1] >= duration
        return spec.get("holderIdentity", "") not in ("", self._holder) and not expired

    async def _write(self, found: Json, holder: str) -> bool:
        now = datetime.now(UTC).strftime(_MICROSECONDS)
        before = found.get("spec") or {}
        since = before.get("acquireTime") if before.get("holderIdentity") == holder else now
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": self._seconds,
            "acquireTime": since,
            "renewTime": now,
        }
        try:
            version = {"resourceVersion": found["metadata"]["resourceVersion"]}
            await self._kubernetes.merge(self._path, {"metadata": version, "spec": spec})
        except StaleError:
            return False
        return True
