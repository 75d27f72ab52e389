"""Where a node keeps its things and which addresses it takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "node1"
ADDRESS: Final = "10.244.0.1"
"""On the pods' bridge, so that nothing depends on how the machine is connected."""
BRIDGE: Final = "cni0"
PODS: Final = "10.244.0.0/24"
FIRST_POD: Final = "10.244.0.10"
SERVICES: Final = "10.96.0.0/16"
API_SERVICE: Final = "10.96.0.1"
DNS_SERVICE: Final = "10.96.0.10"
API_URL: Final = f"https://{ADDRESS}:6443"
POLICY_QUEUE: Final = 98
DISKS: Final = 36


@dataclass(frozen=True, slots=True)
class Place:
    """`bin` holds the programs, `home` all that this node writes."""

    bin: Path
    home: Path

    @property
    def certificates(self) -> Path:
        """Pairs and kubeconfigs."""
        return self.home / "certificates"

    @property
    def admin(self) -> Path:
        """The kubeconfig of whoever may do everything."""
        return self.certificates / "admin.kubeconfig"

    @property
    def settings(self) -> Path:
        """What the programs read."""
        return self.home / "settings"

    @property
    def containerd_socket(self) -> Path:
        """Where the container runtime listens."""
        return self.home / "containerd.sock"

    @property
    def disks(self) -> Path:
        """One folder per volume that pods may claim."""
        return self.home / "disks"
