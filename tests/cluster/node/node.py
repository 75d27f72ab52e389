"""A Kubernetes node on this machine, from nothing to Ready and back to nothing."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import yaml
from tests.cluster.node import build, certificates, configuration, images, network, runtime
from tests.cluster.node.parts import IDENTITIES, parts
from tests.cluster.node.place import API_URL, DISKS, NAME, Place
from tests.support.kubernetes_programs import kubectl

from vitrine_local.layout import Layout
from vitrine_local.supervisor import Supervisor

_MANIFESTS: Final = Path(__file__).with_name("manifests.yaml")


class Node:
    """One at a time on a machine; needs root. Use it in a `with`."""

    def __init__(self) -> None:
        self.place = Place(build.programs(), Path(tempfile.mkdtemp(prefix="vitrine-node-")))
        self._supervisor: Supervisor | None = None

    @property
    def kubeconfig(self) -> Path:
        """With which one may do everything."""
        return self.place.admin

    def __enter__(self) -> Self:
        """Start it and return once it is Ready and resolves names.

        Raises PartError for a program that fails, CalledProcessError for a step that does.
        """
        try:
            self._up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def import_images(self, archive: Path) -> None:
        """Make an archive's images known to the node."""
        runtime.import_images(self.place, archive)

    def down(self) -> None:
        """Stop everything and remove every trace of it. Safe to call again."""
        if self._supervisor:
            for name in ("kubelet", "kube-proxy", "netpol"):
                self._supervisor.stop(name)
            runtime.end_containers(self.place)
            self._supervisor.close()
            self._supervisor = None
        runtime.unmount(self.place.home)
        network.down(self.place.bin / "kube-proxy")
        runtime.remove_cgroups()
        shutil.rmtree(self.place.home, ignore_errors=True)

    def _up(self) -> None:
        archive = images.node_images(self.place.bin)
        certificates.issue(self.place.certificates, IDENTITIES)
        for identity in IDENTITIES:
            certificates.kubeconfig(self.place.certificates, identity.name, API_URL)
        configuration.write(self.place)
        network.down(self.place.bin / "kube-proxy")  # of a node that was killed
        network.up()
        layout = Layout(self.place.home, self.place.home / "cache")
        layout.create()
        self._supervisor = Supervisor(layout, _report)
        self._supervisor.start(parts(self.place))
        self.import_images(archive)
        self._kubectl("apply", "-f", str(_MANIFESTS))
        self._kubectl("apply", "-f", "-", given=yaml.safe_dump_all(self._disks()))
        self._kubectl("wait", "--for=condition=Ready", f"node/{NAME}", "--timeout=60s")
        self._kubectl(
            "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=60s"
        )

    def _kubectl(self, *arguments: str, given: str | None = None) -> None:
        command = [str(kubectl()), f"--kubeconfig={self.kubeconfig}", *arguments]
        subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.DEVNULL)

    def _disks(self) -> list[dict[str, Any]]:
        folders = [self.place.disks / f"disk-{number}" for number in range(DISKS)]
        for folder in folders:
            folder.mkdir(parents=True)
        return [_disk(folder) for folder in folders]


def _disk(folder: Path) -> dict[str, Any]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NAME]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": folder.name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "20Gi"},
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "local",
        },
    }


def _report(name: str, seconds: float) -> None:
    print(f"{name} is ready after {seconds:.1f} s", file=sys.stderr)
