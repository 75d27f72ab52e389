"""A cluster seen from outside, by kubectl, helm and HTTP."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import yaml
from tests.support import waiting
from tests.support.helm import Manifest
from tests.support.kubernetes_programs import helm, kubectl
from tests.support.platform import free_ports

from vitrine_local.readiness import listens

NAMESPACE: Final = "vitrine-test"

wait_until = partial(waiting.wait_until, every=0.5, seconds=600)
"""Seldom, since each look at a cluster is a process that competes with it. So long that only what
hangs fails by it: a slow machine takes three times what a fast one does."""


@dataclass(frozen=True)
class Cluster:
    """Whoever holds this kubeconfig may do everything in it."""

    kubeconfig: Path
    namespace: str = NAMESPACE

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 300) -> str:
        """What kubectl prints. Fails with what it complains of."""
        options = (f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}")
        return _run([str(kubectl()), *options, *arguments], given, seconds)

    def config_of(self, service_account: str) -> dict[str, Any]:
        """A kubeconfig with which one is a service account of the namespace, and no more."""
        token = self.kubectl("create", "token", service_account).strip()
        config: dict[str, Any] = yaml.safe_load(self.kubeconfig.read_text())
        for user in config["users"]:
            user["user"] = {"token": token}
        return config

    def object(self, kind: str, name: str) -> Manifest:
        """One object. Fails where it is not there."""
        found: Manifest = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def helm(self, *arguments: str, seconds: float = 600) -> str:
        """What helm prints. Fails with what it complains of."""
        options = (f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}")
        return _run([str(helm()), *options, *arguments], None, seconds)

    def objects(self, *kinds_and_options: str) -> list[Manifest]:
        """Objects of these kinds."""
        found = json.loads(self.kubectl("get", *kinds_and_options, "--output=json"))
        items: list[Manifest] = found["items"]
        return items

    def apply(self, *manifests: Manifest) -> None:
        """Create or change these objects."""
        self.kubectl("apply", "--filename=-", given=yaml.safe_dump_all(manifests))

    def secret(self, name: str, key: str) -> str:
        """One value of a Secret."""
        template = f"--output=go-template={{{{index .data {json.dumps(key)} | base64decode}}}}"
        return self.kubectl("get", "secret", name, template)

    def run_job(self, cronjob: str) -> tuple[bool, str]:
        """Whether a job made from a cron job succeeds, and what it prints: the one-liner's way."""
        name = f"{cronjob[:40].rstrip('-')}-{uuid4().hex[:8]}"
        self.kubectl("create", "job", name, f"--from=cronjob/{cronjob}")
        ended = {"Complete": False, "Failed": False}

        def has_ended() -> bool:
            for condition in self.object("job", name)["status"].get("conditions", []):
                if condition["type"] in ended:
                    ended[condition["type"]] = condition["status"] == "True"
            return any(ended.values())

        wait_until(has_ended, f"{name} ends")
        printed = self.kubectl("logs", f"--selector=job-name={name}", "--tail=-1")
        self.kubectl("delete", "job", name)
        return ended["Complete"], printed

    def run_pod(self, manifest: Manifest) -> tuple[str, str]:
        """The phase in which a pod ended, and what it printed."""
        name = manifest["metadata"]["name"]
        self.apply(manifest)

        def phase() -> str:
            return str(self.object("pod", name)["status"]["phase"])

        try:
            ended = ("Succeeded", "Failed")
            wait_until(lambda: phase() in ended, f"pod {name} ends")
            return phase(), self.kubectl("logs", name, "--tail=-1")
        finally:
            self.kubectl("delete", "pod", name, "--wait=false", "--ignore-not-found")

    def described(self) -> str:
        """Its pods, what was lately said of them, and the last lines of those not Ready."""
        try:
            waiting = [p["metadata"]["name"] for p in self.objects("pods") if not ready(p)]
        except AssertionError as error:
            return str(error)
        asked = [
            ("get", "pods", "--output=wide"),
            ("get", "events", "--sort-by=.lastTimestamp"),
            *[("logs", name, "--all-containers", "--tail=40") for name in waiting],
        ]
        return "\n\n".join(self._told(*arguments) for arguments in asked)

    def _told(self, *arguments: str) -> str:
        try:
            told = self.kubectl(*arguments).splitlines()[-60:]
        except AssertionError as error:
            told = [str(error)]
        return "\n".join([" ".join(arguments), *told])

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[int]:
        """A local port that leads to one pod of a service, as `kubectl port-forward` does."""
        (local,) = free_ports(1)
        options = (f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}")
        command = [str(kubectl()), *options, "port-forward", target, f"{local}:{port}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            wait_until(listens(local), f"{target} is reached")
            yield local
        finally:
            process.terminate()
            process.wait()


def ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod is Ready, or has done its work."""
    status = pod["status"]
    if status.get("phase") == "Succeeded":
        return True
    conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def _run(command: Sequence[str], given: str | None, seconds: float) -> str:
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{' '.join(command[3:])}: {done.stderr or done.stdout}"
    return done.stdout
