"""The programs of a Kubernetes node, built from Go modules once and kept outside the clone."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.support.kept import kept_folder

SOURCE: Final = Path(__file__).parent
VERSION: Final = "v1.37.2"
HYPERKUBE: Final = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
)
_CONTAINERD: Final = "github.com/containerd/containerd/v2"
_PLUGINS: Final = "github.com/containernetworking/plugins/plugins"
_PACKAGES: Final = (
    "./hyperkube",
    "./coredns",
    "./netpol",
    "./pause",
    "go.etcd.io/etcd/server/v3",
    f"{_CONTAINERD}/cmd/containerd",
    f"{_CONTAINERD}/cmd/containerd-shim-runc-v2",
    f"{_CONTAINERD}/cmd/ctr",
    f"{_PLUGINS}/main/bridge",
    f"{_PLUGINS}/main/loopback",
    f"{_PLUGINS}/ipam/host-local",
    f"{_PLUGINS}/meta/portmap",
)
_STAMPS: Final = {
    "k8s.io/component-base/version.gitVersion": VERSION,
    "k8s.io/component-base/version.gitMajor": VERSION[1:].split(".")[0],
    "k8s.io/component-base/version.gitMinor": VERSION[1:].split(".")[1],
    "k8s.io/client-go/pkg/version.gitVersion": VERSION,
}


def programs() -> Path:
    """The folder with the programs; the first time takes about six minutes.

    Raises CalledProcessError where a module cannot be fetched or does not build.
    """
    return kept_folder(f"node-{_fingerprint()}", _build)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted([SOURCE / "go.sum", Path(__file__), *SOURCE.glob("*/*.go")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _build(folder: Path) -> None:
    print("building a Kubernetes node from its modules: some 6 minutes, once", file=sys.stderr)
    stamps = [f"-X {name}={value}" for name, value in _STAMPS.items()]
    flags = ["-ldflags", " ".join(["-s", "-w", *stamps]), "-o", f"{folder}/"]
    lean = ["-gcflags=all=-dwarf=false", "-tags", "no_btrfs no_devmapper no_zfs no_tracing"]
    _go({"CGO_ENABLED": "0"}, *lean, *flags, *_PACKAGES)
    _go({"CGO_ENABLED": "1"}, "-tags", "seccomp", *flags, "github.com/opencontainers/runc")
    (folder / "server").rename(folder / "etcd")
    for name in HYPERKUBE:
        (folder / name).symlink_to("hyperkube")


def _go(environment: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(
        ["go", "build", "-buildvcs=false", *arguments],
        cwd=SOURCE,
        env={**os.environ, **environment},
        check=True,
    )


def missing() -> list[str]:
    """What this machine lacks to build and run a node, each with what mends it."""
    needs = {
        "go": "Go 1.26 or later: https://go.dev/dl",
        "gcc": "apt-get install gcc",
        "pkg-config": "apt-get install pkg-config libseccomp-dev",
        "iptables": "apt-get install iptables",
        "conntrack": "apt-get install conntrack",
        "ip": "apt-get install iproute2",
        "debootstrap": "apt-get install debootstrap",
        "buildah": "apt-get install buildah",
    }
    lacking = [f"{name} ({remedy})" for name, remedy in needs.items() if not shutil.which(name)]
    return lacking if _may_make_namespaces() else ["root, to make namespaces and mounts", *lacking]


def _may_make_namespaces() -> bool:
    """Whether this is root, and not one that a container keeps from it."""
    if not (unshare := shutil.which("unshare")):
        return False
    command = [unshare, "--mount", "--net", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
