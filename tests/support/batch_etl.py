"""batch-etl as its own process, before a warehouse schema of the test's own."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr
from tests.support.platform import REPOSITORY, local_settings
from tests.support.redshift import BUCKET, LocalRedshift
from tests.support.stream import short_lived
from tests.support.waiting import wait_until

from vitrine_local.platform import LocalPlatform
from warehouse import tables
from warehouse.connection import Warehouse
from warehouse.migrations import migrate
from warehouse.settings import WarehouseSettings
from warehouse.transaction import Row

_BY_THE_CLOCK = {"carregada_em", "calculada_em"}
LOADED = (
    tables.VENDAS,
    tables.PRETERIDAS,
    tables.CARGAS,
    tables.VENDAS_REJEITADAS,
    tables.PRODUTOS,
    tables.VENDAS_DIARIAS,
    tables.PRODUTOS_DIARIOS,
    tables.RECEITA_DIARIA,
    tables.RECEITA_MENSAL,
)
"""What runs of batch-etl write."""


@dataclass(frozen=True)
class BatchEtl:
    """The program with its environment, and the warehouse that it writes to."""

    environment: Mapping[str, str]
    folder: Path
    warehouse: Warehouse

    def without_java(self) -> "BatchEtl":
        """The same program where Spark cannot start."""
        return replace(self, environment={**self.environment, "JAVA_HOME": str(self.folder)})

    def run(
        self, *arguments: str, module: str = "batch_etl.main"
    ) -> "subprocess.CompletedProcess[str]":
        """Run it, or another program with its environment, to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=dict(self.environment),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )

    def load(self, *arguments: str) -> None:
        """Run `etl`, which must succeed."""
        done = self.run("etl", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start it in a process group of its own."""
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "batch_etl.main", *arguments],
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_at(self, point: str, *arguments: str) -> None:
        """SIGKILL driver and workers as soon as one of them is at a failpoint."""
        reached = self.folder / f"{point}.reached"
        reached.with_suffix(".armed").touch()
        driver = self.start(*arguments)
        try:
            wait_until(
                lambda: reached.exists() or driver.poll() is not None,
                f"{point} is reached",
                seconds=400,
            )
            assert reached.exists(), (self.folder / "log").read_text("utf-8")
        finally:
            os.killpg(driver.pid, signal.SIGKILL)
            driver.wait()
            reached.unlink(missing_ok=True)

    def rows(self, statement: str) -> list[Row]:
        with self.warehouse.transaction() as transaction:
            return transaction.rows(statement)

    def checksums(self) -> dict[str, str]:
        """Of all that was loaded, less the moments at which it was."""
        return {table.name: self._checksum(table) for table in LOADED}

    def _checksum(self, table: tables.Table) -> str:
        names = [c.name for c in table.columns if c.name not in _BY_THE_CLOCK]
        rows = self.rows(f"SELECT {', '.join(names)} FROM {table.name}")
        return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


@contextmanager
def batch_etl(redshift: LocalRedshift, folder: Path, *, bucket: str = BUCKET) -> Iterator[BatchEtl]:
    """With empty tables, reading the exports of `bucket`."""
    platform = LocalPlatform(local_settings(folder / "platform"))
    own = {
        **platform.environment("batch-etl"),
        **short_lived(platform),
        **redshift.environment,
        "WAREHOUSE_SCHEMA": f"historia_{uuid4().hex}",
        "HISTORY_URL": f"s3://{bucket}",
        "FAILPOINTS_DIR": str(folder),
    }
    own.pop("SPARK_JARS_DIR")
    own.pop("AWS_CONFIG_FILE", None)
    settings = WarehouseSettings(
        warehouse_host=own["WAREHOUSE_HOST"],
        warehouse_port=redshift.port,
        warehouse_user=own["WAREHOUSE_USER"],
        warehouse_password=SecretStr(own["WAREHOUSE_PASSWORD"]),
        warehouse_database=own["WAREHOUSE_DATABASE"],
        warehouse_ssl=False,
        warehouse_schema=own["WAREHOUSE_SCHEMA"],
    )
    with closing(Warehouse(settings, application="tests")) as warehouse:
        migrate(warehouse, now=datetime.now(UTC))
        yield BatchEtl(own, folder, warehouse)
