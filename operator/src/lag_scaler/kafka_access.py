"""How the brokers of a StreamScaler are reached: its spec, and the Secrets and ConfigMaps it
names."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from lag_scaler.kubernetes_api import KubernetesApi, in_namespace
from lag_scaler.spec import Key, Source
from service_runtime.errors import PermanentError
from service_runtime.settings import KafkaSecuritySettings


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
