"""Reads the lag of one source round after round, with the credentials that hold now."""

from lag_scaler.kafka_access import KafkaAccess, resolve
from lag_scaler.kafka_clients import GroupClients, KafkaClients
from lag_scaler.kubernetes_api import KubernetesApi
from lag_scaler.offsets_reader import GroupReading, read_group
from lag_scaler.spec import Source
from service_runtime.errors import PermanentError, TransientError


class Observer:
    """Secrets are read and clients are made at the start and after each failure, since they may be
    why: a client may wait for ever for a broker that came back at another address."""

    def __init__(
        self,
        kubernetes: KubernetesApi,
        clients: KafkaClients,
        namespace: str,
        *,
        timeout_seconds: float,
    ) -> None:
        self._kubernetes = kubernetes
        self._clients = clients
        self._namespace = namespace
        self._timeout_seconds = timeout_seconds
        self._access: tuple[Source, KafkaAccess] | None = None
        self._held: GroupClients | None = None  # kept, or they would end with the round

    async def read(self, source: Source) -> GroupReading:
        """Raises TransientError or PermanentError where there is no whole answer."""
        try:
            if self._access is None or self._access[0] != source:
                self._forget_clients()
                self._access = (source, await resolve(self._kubernetes, self._namespace, source))
            held = self._held = await self._clients.of(self._access[1], source.group)
            return await read_group(
                held, source.group, source.topics, timeout_seconds=self._timeout_seconds
            )
        except (TransientError, PermanentError):
            self._access = None
            raise

    def _forget_clients(self) -> None:
        """Drop the clients held so far. A failed round leaves it to the next one, since other
        requests of that round may still wait."""
        if self._held is not None:
            self._clients.forget(self._held)
            self._held = None
