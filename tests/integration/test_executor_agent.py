"""The number of a stream's executors, changed while it runs, by real executors of Spark's own
cluster on one machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pyspark
from tests.support.platform import local_settings
from tests.support.stream import STREAM, short_lived

from vitrine_local.platform import LocalPlatform

APPLICATION: Final = """
import json, os, time
import pyarrow as pa
from spark_runtime.executor_agent import ExecutorAgent
from spark_runtime.python_worker import map_in_workers
from spark_runtime.settings import SparkSettings
from spark_runtime.session import start_session
from spark_runtime.spark_executors import SparkExecutors
from tests.support.waiting import wait_until

SCHEMA = pa.schema([("value", pa.int64()), ("executor", pa.int64())])
PROPERTIES = {
    "spark.executor.memory": "512m",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.decommission.enabled": "true",
    "spark.default.parallelism": "3",
}

class Data:
    '''What a ConfigMap holds, in this process.'''

    def __init__(self):
        self.held = {"wanted": "1"}

    def read(self):
        return dict(self.held)

    def merge(self, data):
        self.held |= data

    def is_answered(self, count):
        return self.held.get("message") == f"{count} asked for, {count} running."

def told(batches):
    for batch in batches:
        executors = pa.array([os.getppid()] * batch.num_rows, pa.int64())
        yield pa.record_batch([batch["value"], executors], schema=SCHEMA)

written = []

def write(frame, number):
    rows = map_in_workers(frame.select("value"), told, SCHEMA).collect()
    values = sorted(row.value for row in rows)
    written.append((number, values, sorted({row.executor for row in rows})))

def streams():
    '''Wait for batches that began after this.'''
    passed = len(written) + 3
    wait_until(lambda: len(written) >= passed, "batches", seconds=240)

session = start_session("agent", SparkSettings(), PROPERTIES)
rate = {"rowsPerSecond": 60, "numPartitions": 3}
query = (
    session.readStream.format("rate").options(**rate).load()
    .writeStream.foreachBatch(write).trigger(processingTime="300 milliseconds").start()
)
started = query.runId
streams()
data = Data()
agent = ExecutorAgent(data, SparkExecutors(session))
agent.start()
phases = []
for wanted in ("1", "3", "1"):
    data.held["wanted"] = wanted
    wait_until(lambda: data.is_answered(wanted), f"{wanted} executors", seconds=240)
    streams()
    wait_until(lambda: len(written[-1][2]) == int(wanted), f"a batch on {wanted}")
    phases.append([data.held["requested"], data.held["running"]])
agent.stop()
found = {
    "same_run": query.isActive and query.runId == started,
    "batches": [number for number, _, _ in written],
    "values": [value for _, values, _ in written for value in values],
    "phases": phases,
}
query.stop()
session.stop()
with open("found.json", "w") as file:
    json.dump(found, file)
"""


def spark_home(folder: Path) -> Path:
    """Spark as it is installed, whose workers write their folders here."""
    folder.mkdir()
    installed = Path(pyspark.__file__).parent
    for name in ("bin", "jars", "python"):
        (folder / name).symlink_to(installed / name)
    return folder


def run(folder: Path) -> dict[str, Any]:
    platform = LocalPlatform(local_settings(folder))
    own = platform.environment(STREAM) | short_lived(platform)
    own.pop("SPARK_JARS_DIR")
    own["PYSPARK_SUBMIT_ARGS"] = "--master local-cluster[3,1,512] pyspark-shell"
    own["SPARK_HOME"] = str(spark_home(folder / "spark"))
    own["PYTHONPATH"] = str(Path(__file__).parents[2])
    script = folder / "application.py"
    script.write_text(APPLICATION)
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    result: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return result


def test_executors_come_and_go_while_a_stream_runs_on(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert found["phases"] == [
        ["1", "1"],
        ["3", "3"],
        ["1", "1"],
    ]
    assert found["same_run"]
    assert found["batches"] == list(range(len(found["batches"])))
    assert found["values"] == list(range(len(found["values"])))
