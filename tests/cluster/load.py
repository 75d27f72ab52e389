"""Load from within the cluster: a shop that writes down what it sent, and a reader of the API."""

import json
from dataclasses import dataclass
from typing import Final

from tests.cluster.cluster import Cluster, ready, wait_until
from tests.support.helm import Manifest

from shop_simulator.record import Entry, decode_entries

_RECORD: Final = "/record/shop.jsonl"
_WAIT_FOR_EVER: Final = "import signal; signal.pause()"
_CONTAINER_SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
_POD_SECURITY: Final = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_READER: Final = """
import collections, contextlib, http.client, json, signal, socket, sys, time
stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
seen = collections.Counter()
address = socket.gethostbyname(sys.argv[1])
while not stopped:
    begun = time.monotonic()
    connection = http.client.HTTPConnection(address, int(sys.argv[2]), timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", sys.argv[3])
            answer = connection.getresponse()
            json.load(answer)
            seen[str(answer.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            seen[repr(error)] += 1
    time.sleep(max(0, begun + 0.05 - time.monotonic()))
print(json.dumps(seen), flush=True)
"""


def pod(
    name: str,
    *containers: Manifest,
    labels: dict[str, str] | None = None,
    volumes: list[Manifest] | None = None,
) -> Manifest:
    """A pod that the restricted standard admits, each container of an image of ours."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {}},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 60,
            "securityContext": _POD_SECURITY,
            "containers": [
                {"securityContext": _CONTAINER_SECURITY, **container} for container in containers
            ],
            "volumes": volumes or [],
        },
    }


@dataclass(frozen=True)
class Shop:
    """A simulator of its own beside the release, allowed what the release's simulator is."""

    cluster: Cluster
    name: str = "load"

    def open(self, image: str, environment: dict[str, str], labels: dict[str, str]) -> None:
        """Start sending, and return once it has begun."""
        mounts = [{"name": "record", "mountPath": "/record"}]
        variables = {"RECORD_PATH": _RECORD, "LISTEN_HOST": "0.0.0.0", **environment}
        simulator = {
            "name": "shop",
            "image": image,
            "env": [{"name": name, "value": value} for name, value in variables.items()],
            "volumeMounts": mounts,
        }
        keeper = {
            "name": "keeper",
            "image": image,
            "command": ["python", "-c", _WAIT_FOR_EVER],
            "volumeMounts": mounts,
        }
        volumes: list[Manifest] = [{"name": "record", "emptyDir": {}}]
        manifest = pod(self.name, simulator, keeper, labels=labels, volumes=volumes)
        self.cluster.apply(manifest)
        wait_until(lambda: self.sent() > 0, "the shop sends")

    def sent(self) -> int:
        """How many events' fates are written down."""
        try:
            return int(self._keeper("wc", "-l", _RECORD).split()[0])
        except AssertionError:
            return 0

    def close(self) -> list[Entry]:
        """Send no more, let every answer come, and tell what became of each event."""
        self.cluster.kubectl("exec", self.name, "--container=shop", "--", *_TERMINATE)
        wait_until(self._has_ended, "the shop closes")
        lines = self._keeper("cat", _RECORD).encode().splitlines(keepends=True)
        self.cluster.kubectl("delete", "pod", self.name, "--grace-period=1")
        return decode_entries(lines)

    def _keeper(self, *command: str) -> str:
        return self.cluster.kubectl("exec", self.name, "--container=keeper", "--", *command)

    def _has_ended(self) -> bool:
        status = self.cluster.object("pod", self.name)["status"]
        states = {c["name"]: c["state"] for c in status["containerStatuses"]}
        ended = states["shop"].get("terminated")
        assert ended is None or ended["exitCode"] == 0, ended
        return ended is not None


_TERMINATE: Final = ("python", "-c", "import os; os.kill(1, 15)")


@dataclass(frozen=True)
class Reader:
    """Asks for one path up to 20 times a second, each time on a connection of its own.

    So each request finds its pod anew, as those of many users would.
    """

    cluster: Cluster
    name: str = "reader"

    def open(self, image: str, host: str, port: int, path: str, labels: dict[str, str]) -> None:
        """Start asking, and return once it does."""
        command = ["python", "-c", _READER, host, str(port), path]
        container = {"name": "reader", "image": image, "command": command}
        self.cluster.apply(pod(self.name, container, labels=labels))
        wait_until(lambda: ready(self._pod()), "the reader reads")

    def close(self) -> dict[str, int]:
        """How often each status or error was seen."""
        self.cluster.kubectl("exec", self.name, "--", *_TERMINATE)
        wait_until(lambda: self._pod()["status"]["phase"] == "Succeeded", "the reader ends")
        seen: dict[str, int] = json.loads(self.cluster.kubectl("logs", self.name))
        self.cluster.kubectl("delete", "pod", self.name, "--grace-period=1")
        return seen

    def _pod(self) -> Manifest:
        return self.cluster.object("pod", self.name)
