"""One ConfigMap of a pod's own namespace, by the token of its service account."""

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from service_runtime.errors import PermanentError, TransientError

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_MERGE_PATCH: Final = "application/merge-patch+json"
_TIMEOUT_SECONDS: Final = 5.0
_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_TRANSIENT: Final = frozenset({401, 408, 409, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAccess:
    """Where the API server is and who asks; `account` holds `token`, `ca.crt` and `namespace`."""

    host: str
    port: int
    account: Path = _ACCOUNT

    @classmethod
    def of_pod(cls) -> Self:
        """As Kubernetes tells each pod. Raises PermanentError outside of one."""
        try:
            return cls(
                host=os.environ["KUBERNETES_SERVICE_HOST"],
                port=int(os.environ["KUBERNETES_SERVICE_PORT"]),
            )
        except KeyError as error:
            raise PermanentError(f"not in a pod of Kubernetes: {error} is not set") from error


class ConfigMap:
    """Raises TransientError while the API server is away or busy, PermanentError if it refuses.

    The token is read for each request, since Kubernetes replaces it within the hour.
    """

    def __init__(self, access: ClusterAccess, name: str) -> None:
        self._access = access
        self._name = name

    def read(self) -> dict[str, str]:
        """Its data."""
        data: dict[str, str] = self._ask("GET").get("data", {})
        return data

    def merge(self, data: Mapping[str, str]) -> None:
        """Set these keys of its data, whatever it holds otherwise."""
        self._ask("PATCH", {"data": dict(data)})

    def _ask(self, method: str, document: object = None) -> dict[str, Any]:
        account = self._access.account
        try:
            namespace = (account / "namespace").read_text().strip()
            token = (account / "token").read_text().strip()
            path = f"/api/v1/namespaces/{namespace}/configmaps/{self._name}"
            headers = {"Authorization": f"Bearer {token}", "Content-Type": _MERGE_PATCH}
            status, answer = self._send(method, path, json.dumps(document), headers)
            found: dict[str, Any] = json.loads(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TransientError(f"kubernetes: {method} {self._name}: {error}") from error
        if status >= _FIRST_ERROR:
            raise _error(status)(f"kubernetes: {method} {self._name}: {found.get('message')}")
        return found

    def _send(
        self, method: str, path: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        trusted = ssl.create_default_context(cafile=str(self._access.account / "ca.crt"))
        connection = http.client.HTTPSConnection(
            self._access.host, self._access.port, timeout=_TIMEOUT_SECONDS, context=trusted
        )
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _error(status: int) -> type[TransientError | PermanentError]:
    passes = status in _TRANSIENT or status >= _FIRST_SERVER_ERROR
    return TransientError if passes else PermanentError
