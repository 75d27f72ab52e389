"""What the image of a Spark application becomes."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

from vitrine_local.environment import LATER_OPTIMIZATION

PROGRAM = Path(__file__).parents[3] / "spark-apps" / "service.py"
SERVICE = runpy.run_path(str(PROGRAM))
command = SERVICE["command"]
ENVIRONMENT = {
    "PYSPARK_PYTHON": "/python",
    "SPARK_HOME": "/spark",
    "JAVA_HOME": "/java",
    "SPARK_DRIVER_BIND_ADDRESS": "10.0.0.1",
    "SPARK_EXECUTOR_MEMORY": "768m",
    "SPARK_DRIVER_URL": "spark://driver",
    "SPARK_EXECUTOR_ID": "3",
    "SPARK_EXECUTOR_CORES": "1",
    "SPARK_APPLICATION_ID": "app",
    "SPARK_EXECUTOR_POD_IP": "10.0.0.2",
    "SPARK_RESOURCE_PROFILE_ID": "0",
    "SPARK_EXECUTOR_POD_NAME": "exec-3",
}


def test_without_a_role_it_is_the_application() -> None:
    assert command([], ENVIRONMENT) == ["/python", "/opt/vitrine/main.py"]


def test_all_that_is_no_role_is_told_to_the_application() -> None:
    told = ["etl", "--de", "2026-11-01"]
    assert command(told, ENVIRONMENT) == ["/python", "/opt/vitrine/main.py", *told]


def test_a_driver_is_submitted_in_client_mode_with_what_spark_added() -> None:
    become = command(["driver", "--properties-file", "f", "main.py"], ENVIRONMENT)
    assert become[0] == "/spark/bin/spark-submit"
    assert become[1:3] == ["--conf", "spark.driver.bindAddress=10.0.0.1"]
    assert become[3:] == ["--deploy-mode", "client", "--properties-file", "f", "main.py"]


def test_an_executor_gets_its_options_in_the_order_of_their_numbers() -> None:
    options = {f"SPARK_JAVA_OPT_{number}": f"-Dn={number}" for number in (10, 2, 0)}
    become = command(["executor"], ENVIRONMENT | options)
    assert become[:5] == ["/java/bin/java", *LATER_OPTIMIZATION]
    assert become[5:10] == ["-Dn=0", "-Dn=2", "-Dn=10", "-Xms768m", "-Xmx768m"]
    assert become[13:15] == ["--driver-url", "spark://driver"]
    assert become[-2:] == ["--podName", "exec-3"]


def test_an_executor_has_all_jars_by_name(tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    jars.mkdir()
    for name in ("b.jar", "a.jar", "c.txt"):
        (jars / name).touch()
    places = {"SPARK_HOME": str(tmp_path), "SPARK_CLASSPATH": "/extra"}
    become = command(["executor"], ENVIRONMENT | places)
    class_path = become[become.index("-cp") + 1]
    assert class_path == f"/extra:{tmp_path}/jars/a.jar:{tmp_path}/jars/b.jar"


def test_an_executor_starts_with_the_cache_where_there_is_one(tmp_path: Path) -> None:
    cache = tmp_path / "executor.aot"
    places = {"SPARK_HOME": str(tmp_path), "SPARK_JAVA_OPT_0": "-Dn=0"}
    assert f"-XX:AOTCache={cache}" not in command(["executor"], ENVIRONMENT | places)
    cache.touch()
    become = command(["executor"], ENVIRONMENT | places)
    assert become[1] == f"-XX:AOTCache={cache}"
    assert become.index("-Dn=0") > 1, "what users set is said last, and so holds"


def test_a_driver_s_java_gets_its_own_options_last(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$SPARK_SUBMIT_OPTS"')
    python.chmod(0o755)
    own = os.environ | {"PYSPARK_PYTHON": str(python), "SPARK_SUBMIT_OPTS": "-Dn=1"}
    told = subprocess.check_output([sys.executable, PROGRAM], env=own, text=True)
    assert told.split() == [*LATER_OPTIMIZATION, "-Dn=1"]


def test_java_optimizes_as_late_as_on_one_machine() -> None:
    assert SERVICE["LATER_OPTIMIZATION"] == LATER_OPTIMIZATION
