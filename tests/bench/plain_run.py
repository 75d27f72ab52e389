"""The plain job as a process, beside which the stream is measured."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.cpu import cpu_seconds, family
from tests.bench.plain_job import EVENTS_TABLE, MINUTES_TABLE
from tests.bench.progress import Subject, committed_offsets
from tests.support.kept import platform_cache

from vitrine_local import jars
from vitrine_local.platform import LocalPlatform
from vitrine_local.settings import HOST

QUERIES = (EVENTS_TABLE, MINUTES_TABLE)
_POSTGRES = jars.Jar(
    jar_set="bench",
    group="org.postgresql",
    artifact="postgresql",
    version="42.7.9",
    sha256="88f1fc3992e80ec3b048f798030e9a014aa4783c40afb56d3e7a87ee0adf166f",
)


@contextmanager
def plain_job(platform: LocalPlatform, *, offsets_per_batch: int) -> Iterator[Subject]:
    """The job while it runs, against the same Kafka and, by JDBC, the same PostgreSQL."""
    checkpoints = platform.layout.data / "plain-checkpoints"
    log = platform.layout.root / "plain-job.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(platform, checkpoints, offsets_per_batch),
            env=_environment(platform),
            stdout=output,
            stderr=output,
        )

    def watch() -> None:
        code = process.poll()
        assert code in (None, 0), f"the plain job ended with {code}: {log.read_text()[-4000:]}"

    try:
        yield Subject(
            cpu_seconds=lambda: cpu_seconds(family(process.pid)),
            read=lambda: tuple(committed_offsets(checkpoints / name) for name in QUERIES),
            watch=watch,
        )
    finally:
        process.terminate()
        process.wait(60)


def postgres_jar() -> Path:
    """The driver by which plain jobs write, which is fetched once."""
    folder = platform_cache() / "jars"
    jars.fetch([_POSTGRES], folder, lambda _done, _of: None)
    return folder / _POSTGRES.jar_set / _POSTGRES.file_name


def _command(platform: LocalPlatform, checkpoints: Path, offsets_per_batch: int) -> list[str]:
    environment = platform.environment("stream-processor")
    all_jars = [*Path(environment["SPARK_JARS_DIR"]).glob("*.jar"), postgres_jar()]
    return [
        sys.executable,
        "-m",
        "tests.bench.plain_job",
        environment["KAFKA_BOOTSTRAP_SERVERS"],
        f"jdbc:postgresql://{HOST}:{platform.settings.postgres_port}/vitrine"
        "?reWriteBatchedInserts=true&stringtype=unspecified",
        str(checkpoints),
        str(offsets_per_batch),
        ",".join(map(str, all_jars)),
    ]


def _environment(platform: LocalPlatform) -> dict[str, str]:
    environment = platform.environment("stream-processor")
    password = (Path(environment["SECRETS_DIR"]) / "warehouse_password").read_text("utf-8")
    return environment | {"JDBC_PASSWORD": password.strip()}
