"""The API server of Kubernetes alone, with its etcd, on loopback: it checks, stores and authorizes
as in any cluster, and runs nothing."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import yaml
from tests.cluster.cluster import Cluster, wait_until
from tests.cluster.node import build, certificates
from tests.cluster.node.certificates import Identity
from tests.support.platform import free_ports

from vitrine_local.readiness import listens

_SERVER: Final = Identity("kube-apiserver", "kube-apiserver", hosts=("localhost", "127.0.0.1"))
_ADMIN: Final = Identity("admin", "admin", group="system:masters")
_POLICY: Final = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata"}],
}


class ApiServer:
    """A cluster without nodes, and the record of who asked it for what."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        self.cluster = Cluster(certificates.kubeconfig(home / "pairs", "admin", url))

    def kubeconfig(self, service_account: str) -> Path:
        """With which one is a service account of the tests' namespace."""
        path = self.home / f"{service_account}.kubeconfig"
        path.write_text(yaml.safe_dump(self.cluster.config_of(service_account)))
        return path

    def asked(self, service_account: str) -> Iterator[tuple[str, str, int]]:
        """What a service account has asked for: the resource, the verb, the status it got."""
        for line in (self.home / "audit.log").read_text().splitlines():
            entry = json.loads(line)
            place = entry.get("objectRef")
            if place and entry["user"]["username"].endswith(f":{service_account}"):
                parts = (place.get("resource"), place.get("subresource"))
                resource = "/".join(part for part in parts if part)
                yield resource, entry["verb"], entry["responseStatus"]["code"]


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Returns when it is ready; takes seconds."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-api-")))
        port, store, peers = free_ports(3)
        certificates.issue(home / "pairs", (_SERVER, _ADMIN))
        (home / "audit.yaml").write_text(yaml.safe_dump(_POLICY))
        stack.enter_context(_program("etcd", _etcd(home, store, peers), home))
        wait_until(listens(store), "etcd listens")
        stack.enter_context(_program("kube-apiserver", _server(home, port, store), home))
        server = ApiServer(home, f"https://127.0.0.1:{port}")
        wait_until(lambda: _ready(server), "the API server is ready")
        yield server


def _ready(server: ApiServer) -> bool:
    try:
        return server.cluster.kubectl("get", "--raw=/readyz") == "ok"
    except AssertionError:
        return False


@contextmanager
def _program(name: str, options: dict[str, object], home: Path) -> Iterator[None]:
    arguments = [f"--{option}={value}" for option, value in options.items()]
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [build.programs() / name, *arguments], stdout=log, stderr=log, env=dict(os.environ)
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _etcd(home: Path, port: int, peers: int) -> dict[str, object]:
    return {
        "data-dir": home / "etcd",
        "listen-client-urls": f"http://127.0.0.1:{port}",
        "advertise-client-urls": f"http://127.0.0.1:{port}",
        "listen-peer-urls": f"http://127.0.0.1:{peers}",
        "log-level": "warn",
        "unsafe-no-fsync": "true",
    }


def _server(home: Path, port: int, store: int) -> dict[str, object]:
    pairs = home / "pairs"
    return {
        "etcd-servers": f"http://127.0.0.1:{store}",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "endpoint-reconciler-type": "none",
        "secure-port": port,
        "authorization-mode": "RBAC",
        "service-cluster-ip-range": "10.96.0.0/16",
        "client-ca-file": pairs / "ca.crt",
        "tls-cert-file": pairs / "kube-apiserver.crt",
        "tls-private-key-file": pairs / "kube-apiserver.key",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pairs / "sa.pub",
        "service-account-signing-key-file": pairs / "sa.key",
        "audit-policy-file": home / "audit.yaml",
        "audit-log-path": home / "audit.log",
        "audit-log-mode": "blocking",
    }
