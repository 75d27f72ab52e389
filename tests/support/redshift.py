"""A warehouse for tests: PostgreSQL behind redshift-local, and moto's S3 to stage files on."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import redshift_connector
from moto.server import ThreadedMotoServer
from tests.support.waiting import wait_until

from vitrine_local import postgres

PASSWORD = "for-tests-only"
BUCKET = "staging"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True)
class LocalRedshift:
    """Where the running pieces are."""

    port: int
    postgres_port: int
    s3_url: str

    def connect(self, **options: Any) -> redshift_connector.Connection:
        """A connection by Redshift's own driver; close it yourself."""
        defaults = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": postgres.USER,
            "password": PASSWORD,
            "database": postgres.DATABASE,
            "ssl": False,
            "timeout": 30,
        }
        return redshift_connector.connect(**(defaults | options))

    @property
    def s3(self) -> Any:
        """A client of the staging area."""
        return boto3.client(
            "s3",
            endpoint_url=self.s3_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told so that it finds this warehouse and its staging area."""
        return {
            "WAREHOUSE_HOST": "127.0.0.1",
            "WAREHOUSE_PORT": str(self.port),
            "WAREHOUSE_USER": postgres.USER,
            "WAREHOUSE_PASSWORD": PASSWORD,
            "WAREHOUSE_DATABASE": postgres.DATABASE,
            "WAREHOUSE_SSL": "false",
            "WAREHOUSE_IAM_ROLE": "default",
            "STAGING_URL": f"s3://{BUCKET}/staging",
            "S3_ENDPOINT_URL": self.s3_url,
            **CREDENTIALS,
        }

    def stage(self, key: str, *tables: pa.Table) -> str:
        """Put each table as a Parquet file below `key`; the URL of a manifest that lists them."""
        entries = []
        for number, table in enumerate(tables):
            sink = io.BytesIO()
            pq.write_table(table, sink)
            name = f"{key}/part-{number}.parquet"
            self.s3.put_object(Bucket=BUCKET, Key=name, Body=sink.getvalue())
            size = len(sink.getvalue())
            url = f"s3://{BUCKET}/{name}"
            entries.append({"url": url, "mandatory": True, "meta": {"content_length": size}})
        return self.stage_manifest(key, entries)

    def stage_manifest(self, key: str, entries: list[dict[str, Any]]) -> str:
        """Put a manifest of these entries; its URL."""
        body = json.dumps({"entries": entries}).encode()
        self.s3.put_object(Bucket=BUCKET, Key=f"{key}.manifest", Body=body)
        return f"s3://{BUCKET}/{key}.manifest"


@contextmanager
def local_redshift(folder: Path) -> Iterator[LocalRedshift]:
    """All three pieces, new and empty, on free ports."""
    postgres.initdb(folder / "data", PASSWORD)
    with ExitStack() as stack:
        s3_url = stack.enter_context(s3_server())
        postgres_port = stack.enter_context(postgres_server(folder / "data"))
        port, _ = stack.enter_context(redshift_local(postgres_port, s3_url))
        yield LocalRedshift(port, postgres_port, s3_url)


@contextmanager
def s3_server() -> Iterator[str]:
    """moto's S3 with one bucket; its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        place = LocalRedshift(0, 0, f"http://{host}:{port}")
        place.s3.create_bucket(Bucket=BUCKET)
        yield place.s3_url
    finally:
        server.stop()


@contextmanager
def postgres_server(data_dir: Path, port: int = 0) -> Iterator[int]:
    """A PostgreSQL on a data folder that is there already; its port, a free one by default."""
    port = port or free_port()
    with process(postgres.server_command(data_dir, port), stop_by=signal.SIGINT):
        wait_until(lambda: postgres.is_ready("127.0.0.1", port), "PostgreSQL is ready")
        yield port


@contextmanager
def redshift_local(
    postgres_port: int, s3_url: str, *, host: str = "127.0.0.1"
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """redshift-local before a PostgreSQL; its port and its process."""
    port = free_port()
    environment = {
        "LISTEN_HOST": host,
        "LISTEN_PORT": str(port),
        "POSTGRES_PORT": str(postgres_port),
        "S3_ENDPOINT_URL": s3_url,
        **CREDENTIALS,
    }
    command = [sys.executable, "-m", "redshift_local.main"]
    with process(command, environment=environment) as running:
        wait_until(lambda: accepts_connections(port, host), "redshift-local listens")
        yield port, running


@contextmanager
def process(
    command: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    stop_by: signal.Signals = signal.SIGTERM,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A child process that is stopped at the end, at the latest."""
    child = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        child.send_signal(stop_by)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts_connections(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
