"""The platform as a Helm release, with the values of kind."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.database import Database
from tests.cluster.cluster import Cluster, ready, wait_until
from tests.support.helm import ROOT, Manifest, prepared_chart, title

from service_runtime.mongo import Document
from service_runtime.settings import MongoSettings
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

_KIND: Final = ROOT / "k8s" / "kind"
BACKING: Final = _KIND / "backing-services"
LOCAL_IMAGES: Final = _KIND / "local-images.yaml"
_VALUES: Final = (
    f"--values={_KIND / 'values.yaml'}",
    # An even rate, since at the shop's midnight hardly anything is sold.
    "--set=shop-simulator.config.timeCompression=0",
)
NAME: Final = "vitrine"
AUDIT: Final = "vitrine-platform-jobs-audit"
API: Final = "analytics-api"
PRODUCER: Final = "event-producer"
MARKS: Final = [pytest.mark.cluster, pytest.mark.timeout(2400)]
"""Those of the tests that use it; the first waits until node and images are built."""


def make_namespace(cluster: Cluster) -> None:
    """Make the cluster's namespace, which admits only restricted pods."""
    namespace = yaml.safe_load((_KIND / "namespace.yaml").read_text())
    namespace["metadata"]["name"] = cluster.namespace
    cluster.apply(namespace)


@dataclass(frozen=True)
class Release:
    """`backing_values` are what the stores' images are replaced by where none can be pulled."""

    cluster: Cluster
    backing_values: Sequence[Path]

    @property
    def built_here(self) -> bool:
        """Whether the images were built for the node that runs here."""
        return bool(self.backing_values)

    def install(self) -> None:
        """Install stores and platform into a namespace that admits only restricted pods."""
        make_namespace(self.cluster)
        files = [f"--values={path}" for path in self.backing_values]
        self.cluster.helm("install", "backing", str(BACKING), *files)
        self.cluster.helm("install", NAME, str(prepared_chart("vitrine")), *_VALUES)

    def upgrade(self, **settings: str) -> None:
        """Upgrade to the same charts with these settings changed, and wait until all is rolled
        out."""
        chosen = [f"--set={name}={value}" for name, value in settings.items()]
        chart = str(prepared_chart("vitrine"))
        self.cluster.helm("upgrade", NAME, chart, "--reset-then-reuse-values", *chosen)
        self._wait_until_rolled_out()

    @contextmanager
    def with_settings(self, **settings: str) -> Iterator[None]:
        """Upgraded to these settings, and in the end rolled back to what was before."""
        before = json.loads(self.cluster.helm("status", NAME, "--output=json"))["version"]
        self.upgrade(**settings)
        try:
            yield
        finally:
            self.cluster.helm("rollback", NAME, str(before))
            self._wait_until_rolled_out()

    def _wait_until_rolled_out(self) -> None:
        for workload in self.workloads():
            self.cluster.kubectl("rollout", "status", workload, "--timeout=550s", seconds=600)

    def uninstall(self) -> None:
        """Remove both."""
        self.cluster.helm("uninstall", NAME, "--wait")
        self.cluster.helm("uninstall", "backing", "--wait")

    def workloads(self) -> list[str]:
        """`Kind/name` of all that keeps pods of the platform running."""
        ours = f"--selector=app.kubernetes.io/instance={NAME}"
        found = self.cluster.objects("deployments,statefulsets", ours)
        return [title(item) for item in found]

    def pods(self) -> list[Manifest]:
        """Every pod of the namespace."""
        return self.cluster.objects("pods")

    def executors(self) -> list[Manifest]:
        """The pods of the stream's executors."""
        return self.cluster.objects("pods", "--selector=spark-role=executor")

    def kept_running(self) -> set[str]:
        """The uids of the pods that the platform's workloads keep running."""
        ours = f"--selector=app.kubernetes.io/instance={NAME}"
        keepers = ("ReplicaSet", "StatefulSet")
        pods = self.cluster.objects("pods", ours)
        return {p["metadata"]["uid"] for p in pods if _owner(p) in keepers}

    def wait_until_ready(self) -> float:
        """Every pod that is not of a schedule is Ready or done; how long that took.

        An audit that begins while the tables are being made has no verdict, and its pod stays.
        """

        def all_ready() -> bool:
            found = self.cluster.objects("pods,jobs")
            scheduled = {o["metadata"]["uid"] for o in found if _owner(o) == "CronJob"}
            pods = [o for o in found if o["kind"] == "Pod"]
            kept = [p for p in pods if _owner(p, "uid") not in scheduled]
            return bool(kept) and all(ready(pod) for pod in kept)

        return wait_until(all_ready, "all pods are Ready")

    def image(self, name: str) -> str:
        """The image that a deployable of this release runs."""
        chosen = f"--selector=app.kubernetes.io/name={name}"
        found = self.cluster.objects("pods", chosen)[0]
        image: str = found["spec"]["containers"][0]["image"]
        return image

    def audit(self) -> dict[str, Any]:
        """What the audit's job prints, whether or not it succeeded."""
        succeeded, printed = self.cluster.run_job(AUDIT)
        report: dict[str, Any] = json.loads(printed[printed.index("{\n") :])
        assert succeeded == report["exact"]
        return report

    @contextmanager
    def http(self, name: str, port: int) -> Iterator[httpx.Client]:
        """A client of one of the release's services."""
        with (
            self.cluster.forwarded(f"service/{NAME}-{name}", port) as local,
            httpx.Client(base_url=f"http://127.0.0.1:{local}", timeout=10) as client,
        ):
            yield client

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """The warehouse itself, by its own driver."""
        password = self.cluster.secret("vitrine-warehouse", "warehouse_password")
        with self.cluster.forwarded("service/redshift-local", 5439) as local:
            settings = WarehouseSettings(
                warehouse_host="127.0.0.1",
                warehouse_port=local,
                warehouse_user="vitrine",
                warehouse_password=SecretStr(password),
                warehouse_ssl=False,
            )
            warehouse = Warehouse(settings, application="tests")
            try:
                yield warehouse
            finally:
                warehouse.close()

    @contextmanager
    def mongo(self) -> Iterator[Database[Document]]:
        """The platform's documents, by its own driver."""
        url = self.cluster.secret("vitrine-mongo", "mongo_url")
        with (
            self.cluster.forwarded("service/mongodb", 27017) as local,
            MongoClient[Document](url.replace("mongodb:27017", f"127.0.0.1:{local}")) as client,
        ):
            yield client[MongoSettings.model_fields["mongo_database"].default]

    def sales_age(self, api: httpx.Client) -> float:
        """How many seconds ago all that then lay on Kafka is in the ledger, as the API says.

        Infinite where it cannot say: a young API tells the last commit, behind which more may lie.
        """
        try:
            told = api.get("/pipeline/conciliacao").json()
            confirmed, age = told["frescor"]["confirmado_em"], told["frescor"]["idade_s"]
        except (httpx.TransportError, json.JSONDecodeError, KeyError):
            return math.inf
        return math.inf if confirmed in (None, told["ultimo_commit"]) else float(age)


def _owner(manifest: Manifest, field: str = "kind") -> str | None:
    """A field of the first owner, where there is one."""
    owners: list[dict[str, str]] = manifest["metadata"].get("ownerReferences", [])
    return owners[0][field] if owners else None
