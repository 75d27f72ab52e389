"""How the brokers of a StreamScaler are reached: its spec, and the Secrets and ConfigMaps it
names."""

import asyncio
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from confluent_kafka.admin import AdminClient
from pydantic import SecretStr, ValidationError

from lag_scaler.kubernetes_api import KubernetesApi, in_namespace
from lag_scaler.shared_calls import SharedCalls
from lag_scaler.spec import Key, Source
from service_runtime.errors import PermanentError
from service_runtime.kafka import client_config, kafka_errors
from service_runtime.settings import KafkaSecuritySettings
from service_runtime.topic import admin_client


@dataclass(frozen=True, slots=True)
class KafkaAccess:
    """The brokers, and how clients connect to them."""

    bootstrap_servers: str
    security: KafkaSecuritySettings


async def resolve(kubernetes: KubernetesApi, namespace: str, source: Source) -> KafkaAccess:
    """Read what the source names. Raises what KubernetesApi raises, and PermanentError for a key
    that is not there or a value that is of no use."""
    security = source.security

    async def read(resource: str, key: Key | None) -> str | None:
        if key is None:
            return None
        path = in_namespace("v1", namespace, resource, key.name)
        return value_of((await kubernetes.get(path)).get("data") or {}, resource, key)

    async def secret(key: Key | None) -> SecretStr | None:
        value = await read("secrets", key)
        return None if value is None else SecretStr(value)

    authority = await read("configmaps", security.ca_config_map)
    servers = await read("configmaps", source.bootstrap_servers_config_map)
    values = {
        "kafka_security": security.protocol,
        "kafka_username": security.username,
        "kafka_password": await secret(security.password_secret),
        "kafka_ca": SecretStr(authority) if authority else await secret(security.ca_secret),
        "kafka_certificate": await secret(security.certificate_secret),
        "kafka_key": await secret(security.key_secret),
    }
    return KafkaAccess((source.bootstrap_servers or servers or "").strip(), security_of(values))


def security_of(values: Mapping[str, Any]) -> KafkaSecuritySettings:
    """The settings of a connection. Raises PermanentError for values that make none, and shows
    none of them."""
    try:
        return KafkaSecuritySettings(**values)
    except ValidationError as error:
        problems = "; ".join(problem["msg"] for problem in error.errors(include_input=False))
        raise PermanentError(f"source.security: {problems}") from error


def value_of(data: Mapping[str, str], resource: str, key: Key) -> str:
    """The value of a key in the `data` of a Secret or a ConfigMap. Raises PermanentError without
    one, and for one that is not text."""
    if key.key not in data:
        raise PermanentError(f"kubernetes: {resource}/{key.name} has no key {key.key}")
    value = data[key.key]
    try:
        return b64decode(value).decode() if resource == "secrets" else value
    except ValueError as error:
        raise PermanentError(f"kubernetes: {resource}/{key.name}: {key.key} is no text") from error


class KafkaClients:
    """One client for all StreamScalers with the same access; it ends when nobody holds it."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._clients: WeakValueDictionary[KafkaAccess, AdminClient] = WeakValueDictionary()
        self._connecting = SharedCalls[KafkaAccess, AdminClient]()

    async def client(self, access: KafkaAccess) -> AdminClient:
        """Raises TransientError or PermanentError for an access that makes no client."""
        known = self._clients.get(access)
        if known is not None:
            return known
        return await self._connecting.outcome(access, partial(self._connected, access))

    def forget(self, client: AdminClient) -> None:
        """Give it to nobody any more; whoever holds it may go on."""
        for access in [access for access, known in self._clients.items() if known is client]:
            del self._clients[access]

    async def _connected(self, access: KafkaAccess) -> AdminClient:
        # With msk-iam it waits for a token.
        client = self._clients[access] = await asyncio.to_thread(self._new, access)
        return client

    def _new(self, access: KafkaAccess) -> AdminClient:
        with kafka_errors(access.bootstrap_servers):
            connection = client_config(access.bootstrap_servers, access.security)
            return admin_client(connection, timeout=self._timeout_seconds)
