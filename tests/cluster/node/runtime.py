"""The container runtime's images, and the end of its containers."""

import subprocess
import time
from pathlib import Path

from tests.cluster.node.place import Place


def import_images(place: Place, archive: Path) -> None:
    """Take over every image of an OCI archive. Raises CalledProcessError; ctr says why."""
    command = [*_ctr(place), "images", "import", "--local", str(archive)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def end_containers(place: Place) -> None:
    """Kill and forget every container; the kubelet must have been stopped."""
    deadline = time.monotonic() + 20
    while (tasks := _tasks(place)) and time.monotonic() < deadline:
        for task in tasks:
            for action in (["kill", "--signal", "SIGKILL"], ["delete", "--force"]):
                command = [*_ctr(place), "tasks", *action, task]
                subprocess.run(command, capture_output=True, check=False)


def unmount(home: Path) -> None:
    """Unmount whatever is still mounted below a folder, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{home}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)


def remove_cgroups() -> None:
    """Remove the empty groups that the kubelet made for pods."""
    for root in Path("/sys/fs/cgroup").glob("*/kubepods"):
        for folder in sorted((p for p in root.rglob("*") if p.is_dir()), reverse=True):
            folder.rmdir()
        root.rmdir()


def _tasks(place: Place) -> list[str]:
    command = [*_ctr(place), "tasks", "list", "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def _ctr(place: Place) -> list[str]:
    return [str(place.bin / "ctr"), "--address", str(place.containerd_socket), "--namespace=k8s.io"]
