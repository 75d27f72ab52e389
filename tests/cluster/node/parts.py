"""The node's processes: how each starts, what it needs, when it is ready."""

import os
import ssl
import urllib.request
from collections.abc import Mapping
from typing import Final

from tests.cluster.node.certificates import Identity
from tests.cluster.node.place import (
    ADDRESS,
    API_SERVICE,
    API_URL,
    NAME,
    POLICY_QUEUE,
    SERVICES,
    Place,
)

from vitrine_local.part import Check, Part
from vitrine_local.readiness import answers, listens

IDENTITIES: Final = (
    Identity(
        "kube-apiserver",
        "kube-apiserver",
        hosts=("kubernetes.default.svc", "localhost", "127.0.0.1", API_SERVICE, ADDRESS),
    ),
    Identity("admin", "admin", group="system:masters"),
    Identity("kube-controller-manager", "system:kube-controller-manager"),
    Identity("kube-scheduler", "system:kube-scheduler"),
    Identity("kube-proxy", "system:kube-proxy"),
    Identity("front-proxy", "front-proxy-client"),
    Identity("kubelet", f"system:node:{NAME}", group="system:nodes", hosts=(NAME, ADDRESS)),
)


def parts(place: Place) -> dict[str, Part]:
    """Every process, by name."""
    made = [*_control_plane(place), *_workers(place)]
    return {part.name: part for part in made}


def _control_plane(place: Place) -> list[Part]:
    client = "http://127.0.0.1:2379"
    etcd = {
        "data-dir": place.home / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": "http://127.0.0.1:2380",
        "log-level": "warn",
        "unsafe-no-fsync": "true",
    }
    own = _local("kube-controller-manager", place) | {
        "controllers": "*,-bootstrap-signer-controller,-token-cleaner-controller",
        "root-ca-file": place.certificates / "ca.crt",
        "service-account-private-key-file": place.certificates / "sa.key",
        "use-service-account-credentials": "true",
    }
    api = ("kube-apiserver",)
    return [
        _part("etcd", etcd, place, ready=listens(2379)),
        _part("kube-apiserver", _api_server(place, client), place, ("etcd",), _api_ready(place)),
        _part("kube-controller-manager", own, place, api, listens(10257)),
        _part("kube-scheduler", _local("kube-scheduler", place), place, api, listens(10259)),
    ]


def _workers(place: Place) -> list[Part]:
    kubelet = {
        "config": place.settings / "kubelet.yaml",
        "kubeconfig": place.certificates / "kubelet.kubeconfig",
        "root-dir": place.home / "kubelet",
        "hostname-override": NAME,
        "node-ip": ADDRESS,
    }
    policies = {"kubeconfig": place.admin, "node": NAME, "queue": POLICY_QUEUE}
    proxy = {"config": place.settings / "kube-proxy.yaml"}
    containerd = {"config": place.settings / "containerd.toml"}
    api = ("kube-apiserver",)
    return [
        _part("containerd", containerd, place, ready=place.containerd_socket.exists),
        _part("kubelet", kubelet, place, (*api, "containerd"), answers(10248, "/healthz")),
        _part("kube-proxy", proxy, place, api, answers(10256, "/healthz")),
        _part("netpol", policies, place, api, lambda: True),
    ]


def _api_server(place: Place, etcd: str) -> dict[str, object]:
    pairs = place.certificates
    own, admin, front = "kube-apiserver", "admin", "front-proxy"
    return {
        "etcd-servers": etcd,
        "bind-address": ADDRESS,
        "advertise-address": ADDRESS,
        "secure-port": 6443,
        "allow-privileged": "true",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "service-cluster-ip-range": SERVICES,
        "client-ca-file": pairs / "ca.crt",
        "tls-cert-file": pairs / f"{own}.crt",
        "tls-private-key-file": pairs / f"{own}.key",
        "kubelet-certificate-authority": pairs / "ca.crt",
        "kubelet-client-certificate": pairs / f"{admin}.crt",
        "kubelet-client-key": pairs / f"{admin}.key",
        "kubelet-preferred-address-types": "InternalIP",
        "proxy-client-cert-file": pairs / f"{front}.crt",
        "proxy-client-key-file": pairs / f"{front}.key",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-client-ca-file": pairs / "ca.crt",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pairs / "sa.pub",
        "service-account-signing-key-file": pairs / "sa.key",
    }


def _local(name: str, place: Place) -> dict[str, object]:
    """Options of a program that alone talks to the API server and answers on loopback only."""
    own = place.certificates / f"{name}.kubeconfig"
    return {
        "kubeconfig": own,
        "authentication-kubeconfig": own,
        "authorization-kubeconfig": own,
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
    }


def _part(
    name: str,
    options: Mapping[str, object],
    place: Place,
    needs: tuple[str, ...] = (),
    ready: Check | None = None,
) -> Part:
    arguments = [f"--{option}={value}" for option, value in options.items()]
    path = f"{place.bin}:{os.environ['PATH']}"
    return Part(
        name=name,
        command=(str(place.bin / name), *arguments),
        environment={"PATH": path, "HOME": str(place.home)},
        needs=needs,
        ready=ready,
    )


def _api_ready(place: Place) -> Check:
    def ready() -> bool:
        pairs = place.certificates
        context = ssl.create_default_context(cafile=str(pairs / "ca.crt"))
        context.load_cert_chain(pairs / "admin.crt", pairs / "admin.key")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(f"{API_URL}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    return ready
