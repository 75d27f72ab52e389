"""The clients by which StreamScalers read Kafka, shared where they are alike."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from confluent_kafka.admin import AdminClient

from lag_scaler.kafka_access import KafkaAccess
from lag_scaler.shared_calls import SharedCalls
from service_runtime.committed_offsets import CommittedOffsets
from service_runtime.kafka import ClientConfig, client_config, kafka_errors
from service_runtime.topic import admin_client

Key = TypeVar("Key", bound=Hashable)
Client = TypeVar("Client")


@dataclass(frozen=True, slots=True)
class GroupClients:
    """Those that read one group."""

    admin: AdminClient
    commits: CommittedOffsets


class KafkaClients:
    """One AdminClient for all StreamScalers with the same access, and one reader of commits for all
    that have the same group too. Each ends when nobody holds it."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._admins = _Shared(self._new_admin)
        self._commits = _Shared(self._new_commits)

    async def of(self, access: KafkaAccess, group: str) -> GroupClients:
        """Raises TransientError or PermanentError for an access that makes no client."""
        admin = await self._admins.client(access)
        return GroupClients(admin, await self._commits.client((access, group)))

    def forget(self, clients: GroupClients) -> None:
        """Give them to nobody any more; whoever holds them may go on."""
        self._admins.forget(clients.admin)
        self._commits.forget(clients.commits)

    def _new_admin(self, access: KafkaAccess) -> AdminClient:
        with kafka_errors(access.bootstrap_servers):
            return admin_client(_connection(access), timeout=self._timeout_seconds)

    def _new_commits(self, key: tuple[KafkaAccess, str]) -> CommittedOffsets:
        access, group = key
        with kafka_errors(access.bootstrap_servers):
            return CommittedOffsets(_connection(access), group, timeout=self._timeout_seconds)


def _connection(access: KafkaAccess) -> ClientConfig:
    return client_config(access.bootstrap_servers, access.security)


class _Shared(Generic[Key, Client]):
    """One client a key, for as long as somebody holds it."""

    def __init__(self, new: Callable[[Key], Client]) -> None:
        self._new = new
        self._clients: WeakValueDictionary[Key, Client] = WeakValueDictionary()
        self._connecting = SharedCalls[Key, Client]()

    async def client(self, key: Key) -> Client:
        known = self._clients.get(key)
        if known is not None:
            return known
        return await self._connecting.outcome(key, partial(self._connected, key))

    def forget(self, client: Client) -> None:
        for key in [key for key, known in self._clients.items() if known is client]:
            del self._clients[key]

    async def _connected(self, key: Key) -> Client:
        # With msk-iam it waits for a token.
        client = self._clients[key] = await asyncio.to_thread(self._new, key)
        return client
