"""The Kubernetes API by its paths: JSON in, JSON out, and errors that say whether to try again."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

import aiohttp
import kopf

from service_runtime.errors import PermanentError, TransientError

Json = dict[str, Any]
_MERGE_PATCH: Final = "application/merge-patch+json"
_JSON_PATCH: Final = "application/json-patch+json"
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409
_TRANSIENT: Final = frozenset({_UNAUTHORIZED, 408, 429})
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500


class NotFoundError(PermanentError):
    """There is no such object, or no such kind."""


class StaleError(TransientError):
    """The object was changed since it was read."""


def in_namespace(api_version: str, namespace: str, *rest: str) -> str:
    """The path of what is in a namespace: a collection, an object or a part of one."""
    return "/".join((_root(api_version), "namespaces", namespace, *rest))


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def log_in(*, settings: kopf.OperatorSettings, **_: Any) -> kopf.ConnectionInfo:
    """The service account of the pod, else the kubeconfig. Raises LoginError without either."""
    found = kopf.login_with_service_account(settings=settings)
    found = found or kopf.login_with_kubeconfig(settings=settings)
    if found is None:
        raise kopf.LoginError("neither a service account nor a kubeconfig")
    return found


class KubernetesApi:
    """Raises TransientError while the server is away or busy, PermanentError if it refuses; of
    these StaleError for 409 and NotFoundError for 404. `log_in` is asked again when a token has
    expired."""

    def __init__(self, login: Callable[[], kopf.ConnectionInfo], *, timeout_seconds: float) -> None:
        self._login = login
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._connection: _Connection | None = None
        self._scaled: dict[tuple[str, str], str] = {}

    async def get(self, path: str) -> Json:
        """An object or a list."""
        return await self._ask("GET", path)

    async def merge(self, path: str, document: Json) -> Json:
        """Change what the document names; with a `resourceVersion`, only that version."""
        return await self._ask("PATCH", path, document, content_type=_MERGE_PATCH)

    async def patch(self, path: str, operations: Sequence[Mapping[str, Any]]) -> Json:
        """Apply the operations of RFC 6902, all or none."""
        return await self._ask("PATCH", path, list(operations), content_type=_JSON_PATCH)

    async def scaled_resource(self, api_version: str, kind: str) -> str:
        """The plural of a kind. Raises NotFoundError for one that does not exist or cannot be
        scaled."""
        known = self._scaled.get((api_version, kind))
        if known is None:
            found = (await self.get(_root(api_version)))["resources"]
            known = scaled_plural(found, api_version, kind)
            self._scaled[api_version, kind] = known
        return known

    async def close(self) -> None:
        """Close the connections once nobody waits for an answer; the next request opens new
        ones."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.retire()

    async def _ask(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json"
    ) -> Json:
        try:
            async with self._connected() as connection:
                status, answer = await connection.request(method, path, body, content_type)
            result: Json = json.loads(answer) if status < _FIRST_ERROR else {}
        except (aiohttp.ClientError, kopf.LoginError, OSError, ValueError) as error:
            raise TransientError(f"kubernetes: {method} {path}: {error or 'no answer'}") from error
        if status == _UNAUTHORIZED and connection is self._connection:
            await self.close()
        if status >= _FIRST_ERROR:
            raise _error(status)(f"kubernetes: {method} {path}: {_message(answer)}")
        return result

    def _connected(self) -> "_Connection":
        if self._connection is None:
            self._connection = _Connection(self._login(), self._timeout)
        return self._connection


class _Connection:
    """A session with one token. It is closed when it is retired and its last user has left: to
    close it earlier would cancel the tasks that wait for one of its connections."""

    def __init__(self, info: kopf.ConnectionInfo, timeout: aiohttp.ClientTimeout) -> None:
        self._server = info.server.rstrip("/")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=info.as_ssl_context(), limit=20),
            headers=info.as_http_headers(),
            timeout=timeout,
        )
        self._users = 0
        self._is_retired = False

    async def __aenter__(self) -> Self:
        self._users += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._users -= 1
        await self._close_if_idle()

    async def request(
        self, method: str, path: str, body: object, content_type: str
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        headers = {"Content-Type": content_type}
        async with self._session.request(
            method, self._server + path, json=body, headers=headers
        ) as response:
            return response.status, await response.read()

    async def retire(self) -> None:
        """Close it as soon as nobody uses it."""
        self._is_retired = True
        await self._close_if_idle()

    async def _close_if_idle(self) -> None:
        if self._is_retired and not self._users:
            await self._session.close()


def scaled_plural(resources: Sequence[Json], api_version: str, kind: str) -> str:
    """As `KubernetesApi.scaled_resource`, out of the list of a version's resources."""
    names = {resource["name"] for resource in resources}
    plurals = [r["name"] for r in resources if r["kind"] == kind and "/" not in r["name"]]
    for plural in plurals:
        if f"{plural}/scale" in names:
            return str(plural)
    lack = "cannot be scaled" if plurals else "is not known"
    raise NotFoundError(f"kubernetes: {kind} of {api_version} {lack}")


def _error(status: int) -> type[TransientError | PermanentError]:
    if status == _CONFLICT:
        return StaleError
    if status == _NOT_FOUND:
        return NotFoundError
    passes = status in _TRANSIENT or status >= _FIRST_SERVER_ERROR
    return TransientError if passes else PermanentError


def _message(answer: bytes) -> str:
    """The message of a Status; for an unknown API group the answer is plain text."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip()[:200] or "refused"
