"""The spark-operator: built from its Go module, and installed by its own chart.

It runs in the image of stream-processor, in place of the one of its release, whose Spark is 4.0.
The program is mounted from this machine, which is the node.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cluster.cluster import NAMESPACE, Cluster
from tests.support.go_modules import SPARK_OPERATOR, module_folder
from tests.support.helm import Manifest
from tests.support.kept import kept_folder

_VERSION: Final = SPARK_OPERATOR.rpartition("@")[2]
_RELEASE: Final = "spark-operator"
_ENTRYPOINT: Final = "/opt/vitrine/bin/service"
"""Of the image."""
_CERTIFICATES: Final = "/etc/k8s-webhook-server/serving-certs"


@dataclass(frozen=True)
class SparkOperator:
    """The operator in a namespace of its own, which looks after the release's."""

    cluster: Cluster

    def install(self) -> None:
        """Install the CRDs, the controller and the webhook, and wait until both are ready."""
        chart = module_folder(SPARK_OPERATOR) / "charts" / "spark-operator-chart"
        program = kept_folder(f"spark-operator-{_VERSION}", _build) / "spark-operator"
        values = [f"--set-json={name}={json.dumps(v)}" for name, v in _values(program).items()]
        wait = ("--create-namespace", "--wait", "--timeout=9m")
        self._helm("install", _RELEASE, str(chart), *values, *wait)

    def uninstall(self) -> None:
        """Remove all but the CRDs, where it is installed."""
        self._helm("uninstall", _RELEASE, "--wait", "--ignore-not-found")

    def status(self, application: str) -> dict[str, Any]:
        """What the operator says of an application; empty before it says anything."""
        found = self.cluster.object("sparkapplication", application)
        status: dict[str, Any] = found.get("status", {})
        return status

    def _helm(self, *arguments: str) -> None:
        self.cluster.helm(*arguments, f"--namespace={_RELEASE}")


def _build(folder: Path) -> None:
    print("building the spark-operator from its module: some 4 minutes, once", file=sys.stderr)
    lean = ("-buildvcs=false", "-ldflags=-s -w", "-gcflags=all=-dwarf=false")
    subprocess.run(
        ["go", "build", *lean, "-o", folder / "spark-operator", "./cmd/operator"],
        cwd=module_folder(SPARK_OPERATOR),
        env={**os.environ, "CGO_ENABLED": "0"},
        check=True,
    )


def _values(program: Path) -> dict[str, object]:
    volume = {"name": "program", "hostPath": {"path": str(program), "type": "File"}}
    mount = {"name": "program", "mountPath": _ENTRYPOINT, "readOnly": True}
    scratch: list[Manifest] = [{"name": name, "emptyDir": {}} for name in ("tmp", "serving-certs")]
    mounts = [
        {"name": "tmp", "mountPath": "/tmp"},
        {"name": "serving-certs", "mountPath": _CERTIFICATES, "subPath": "serving-certs"},
    ]
    parts = {
        "volumes": [*scratch, volume],
        "volumeMounts": [*mounts, mount],
        # Without a request of its own a pod gets next to nothing while the others use all cores.
        "resources": {"requests": {"cpu": "200m", "memory": "128Mi"}},
        # A lease that is renewed late ends the program, though there is no other to take over.
        "leaderElection.enable": False,
    }
    return {
        "image.registry": "docker.io",
        "image.repository": "vitrine/stream-processor",
        "image.tag": "0.1.0",
        "spark.jobNamespaces": [NAMESPACE],
        # The application has an account of its own chart's.
        "spark.serviceAccount.create": False,
        "spark.rbac.create": False,
        "webhook.timeoutSeconds": 30,
        **{f"{part}.{key}": v for part in ("controller", "webhook") for key, v in parts.items()},
    }
