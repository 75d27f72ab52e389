"""The environment variables of every part: the same names that its container will have."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vitrine_local import airflow, class_archive, postgres
from vitrine_local.credentials import Credentials
from vitrine_local.deployables import DEPLOYABLES, RUNNING, Deployable
from vitrine_local.java import Java
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST, Settings

REGION: Final = "us-east-1"
BUCKET: Final = "vitrine-staging"
MONGO_DATABASE: Final = "vitrine"

LATER_OPTIMIZATION: Final = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
"""Spark's Java, as in its images (`spark-apps/service.py`)."""
_INHERITED: Final = frozenset(
    {"PATH", "HOME", "USER", "LANG", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
)
_INHERITED_PREFIXES: Final = ("LC_", "OTEL_", "COVERAGE_")


def inherited(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of the caller that a part inherits: none that would override a secret file."""
    return {
        name: value
        for name, value in environment.items()
        if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }


@dataclass(frozen=True, slots=True)
class Environments:
    """The environment variables of each part, from one set of settings."""

    settings: Settings
    layout: Layout
    credentials: Credentials
    java: Java

    def of(self, name: str) -> dict[str, str]:
        """The whole environment of a part, by its name. Raises KeyError for an unknown name."""
        servers = {
            "kafka": self._kafka_server,
            "postgres": self._postgres_server,
            "mongo": self._mongo_server,
            "s3": self._s3_server,
            "redshift-local": self._redshift_local,
            airflow.HISTORY: self._airflow_history,
            **dict.fromkeys(airflow.COMMANDS, self._airflow),
        }
        is_server = name in servers
        specific = servers[name]() if is_server else self._deployable(_declared(name))
        return inherited() | self._common(name) | specific

    def _common(self, name: str) -> dict[str, str]:
        return {
            "LOG_LEVEL": self.settings.log_level,
            "SECRETS_DIR": str(self.layout.secrets),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.layout.temporary_of(name)),
        }

    def _kafka(self) -> dict[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{self.settings.kafka_port}"}

    def _mongo(self) -> dict[str, str]:
        return {"MONGO_DATABASE": MONGO_DATABASE}

    def _warehouse(self) -> dict[str, str]:
        return {
            "WAREHOUSE_HOST": HOST,
            "WAREHOUSE_PORT": str(self.settings.redshift_port),
            "WAREHOUSE_DATABASE": postgres.DATABASE,
            "WAREHOUSE_USER": postgres.USER,
            "WAREHOUSE_SSL": "false",
        }

    def _s3(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": f"http://{HOST}:{self.settings.s3_port}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.credentials.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.credentials.aws_secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def _listen(self, port: int, *, prefix: str = "LISTEN") -> dict[str, str]:
        return {f"{prefix}_HOST": HOST, f"{prefix}_PORT": str(port)}

    def _kafka_server(self) -> dict[str, str]:
        return self._listen(self.settings.kafka_port) | {
            "CONTROLLER_PORT": str(self.settings.kafka_controller_port),
            "DATA_DIR": str(self.layout.data / "kafka"),
            "JARS_DIR": str(self.layout.jars("kafka")),
            "JAVA_PROGRAM": str(self.java.program),
        }

    def _postgres_server(self) -> dict[str, str]:
        port = self.settings.postgres_port
        return self._listen(port) | {"DATA_DIR": str(self.layout.data / "postgres")}

    def _mongo_server(self) -> dict[str, str]:
        return self._listen(self.settings.mongo_port) | {
            "DATA_FILE": str(self.layout.data / "mongo.h2"),
            "JARS_DIR": str(self.layout.jars("mongo")),
            "JAVA_LIBRARY": str(self.java.library),
        }

    def _s3_server(self) -> dict[str, str]:
        return self._listen(self.settings.s3_port) | self._s3() | {"BUCKET": BUCKET}

    def _redshift_local(self) -> dict[str, str]:
        own = {"POSTGRES_HOST": HOST, "POSTGRES_PORT": str(self.settings.postgres_port)}
        return self._listen(self.settings.redshift_port) | self._s3() | own

    def _airflow(self) -> dict[str, str]:
        return airflow.environment(self.settings, self.layout)

    def _airflow_history(self) -> dict[str, str]:
        return self._s3() | {"BUCKET": BUCKET, "AIRFLOW_URL": airflow.url(self.settings)}

    def _deployable(self, deployable: Deployable) -> dict[str, str]:
        """Variables from its needs, its port and its kind, and those of the table."""
        stores = {
            "kafka": self._kafka,
            "mongodb": self._mongo,
            "warehouse": self._warehouse,
            "s3": self._s3,
        }
        found: dict[str, str] = {}
        for need in deployable.stores:
            found |= stores[need]()
        if deployable.name in RUNNING:
            port = self.settings.deployable_ports[deployable.name]
            found |= self._listen(port, prefix=deployable.address_prefix)
        if deployable.kind == "spark-application":
            found |= self._spark(deployable.name)
        own, values = {**deployable.environment, **deployable.local}, self._values()
        return found | {name: text.format_map(values) for name, text in own.items()}

    def _values(self) -> dict[str, str]:
        """What the table's values may name."""
        return {
            "data": str(self.layout.data),
            "data_url": self.layout.data.as_uri(),
            "bucket": BUCKET,
            "seed": str(self.settings.seed),
            "events_per_second": str(self.settings.events_per_second),
        } | {name: self.settings.url_of(name) for name in RUNNING}

    def _spark(self, name: str) -> dict[str, str]:
        temporary = self.layout.temporary_of(name)
        options = [
            f"-Djava.io.tmpdir={temporary}",
            *LATER_OPTIMIZATION,
            *class_archive.java_options(self.java),
        ]
        return {
            "SPARK_JARS_DIR": str(self.layout.jars("spark")),
            "PYSPARK_SUBMIT_ARGS": "--master local[2] pyspark-shell",
            "SPARK_LOCAL_IP": HOST,
            "SPARK_SUBMIT_OPTS": shlex.join(options),
            "JAVA_HOME": str(self.java.spark_home),
            "PYSPARK_PYTHON": sys.executable,
        }


def _declared(name: str) -> Deployable:
    return DEPLOYABLES["platform-jobs" if name == "setup" else name]
