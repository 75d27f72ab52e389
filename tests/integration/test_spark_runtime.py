"""What every Spark application stands on, by a Spark that is started once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.support.platform import local_settings
from tests.support.stream import STREAM, short_lived

import batch_etl.commands
import stream_processor.session
from vitrine_local.platform import LocalPlatform

APPLICATION: Final = """
import gc, os, signal, sys
import pyarrow as pa
import pyspark
from service_runtime.errors import PermanentError, TransientError
from spark_runtime import worker_daemon
from spark_runtime.job import run_job
from spark_runtime.python_worker import map_in_workers
from spark_runtime.settings import SparkSettings

SCHEMA = pa.schema([("rows", pa.int64()), ("frozen", pa.bool_()), ("archived", pa.bool_())])
LIKE_A_TASK = worker_daemon.imports("colorsys")

def count(batches):
    rows = [batch.num_rows for batch in batches]
    assert 0 not in rows
    assert "colorsys" in sys.modules
    frozen = gc.get_freeze_count() > 10_000
    archived = ".zip" in pyspark.__file__
    yield pa.record_batch([[sum(rows)], [frozen], [archived]], schema=SCHEMA)

def works(session):
    print("master:", session.sparkContext.master)
    told = {name: session.conf.get(name) for name in ("spark.sql.session.timeZone", "spark.told")}
    print("properties:", *told.values())
    numbers = session.range(0, 10, numPartitions=4).where("id < 5")
    print("parts:", sorted(tuple(row) for row in map_in_workers(numbers, count, SCHEMA).collect()))

def finds_no_store(_session):
    raise TransientError("nobody answers")

def reads_nonsense(_session):
    raise PermanentError("no column of that name")

def is_told_to_end(_session):
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()

settings = SparkSettings()
print("code:", run_job("works", settings, works, {"spark.told": "yes", **LIKE_A_TASK}))
for job in (finds_no_store, reads_nonsense):
    print("code:", run_job(job.__name__, settings, job))
run_job("ends", settings, is_told_to_end)
"""

DAEMON: Final = """
import os
from spark_runtime.worker_daemon import prepare
prepare()
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.parametrize(
    "properties", [batch_etl.commands.WORKERS, stream_processor.session.WORKERS]
)
def test_what_workers_find_imported_starts_no_thread(properties: dict[str, str]) -> None:
    """A fork has the one thread that made it, and the locks of all others as they were held."""
    own = {name.removeprefix("spark.executorEnv."): text for name, text in properties.items()}
    command = [sys.executable, "-c", DAEMON]
    assert subprocess.check_output(command, env=os.environ | own, text=True) == "1\n"


def test_a_job_runs_over_whole_batches_and_ends_with_a_code(tmp_path: Path) -> None:
    platform = LocalPlatform(local_settings(tmp_path))
    own = platform.environment(STREAM) | short_lived(platform)
    own.pop("SPARK_JARS_DIR")
    classes = tmp_path / "classes"
    own["SPARK_SUBMIT_OPTS"] += f" -Xlog:class+load:file={classes}"
    script = tmp_path / "application.py"
    script.write_text(APPLICATION)
    done = subprocess.run(
        [sys.executable, script], env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 143, done.stdout + done.stderr
    told = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    assert told == [
        "master: local[2]",
        "properties: UTC yes",
        "parts: [(0, True, False), (0, True, False), (2, True, False), (3, True, False)]",
        "code: 0",
        "code: 1",
        "code: 1",
    ]
    assert '"why": "nobody answers"' in done.stdout
    assert '"why": "no column of that name"' in done.stdout
    if "-XX:SharedArchiveFile" in own["SPARK_SUBMIT_OPTS"]:
        loaded = classes.read_text().splitlines()
        mapped = [line for line in loaded if line.endswith("shared objects file (top)")]
        assert len(mapped) > len(loaded) / 2
