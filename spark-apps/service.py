#!/opt/vitrine/bin/python
"""What the image runs: the application with its arguments, or the driver or executor that
Kubernetes is asked for.

`driver` and `executor` are how Spark calls an image, with the rest in SPARK_* variables:
https://spark.apache.org/docs/latest/running-on-kubernetes.html#docker-images
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

APPLICATION = "/opt/vitrine/main.py"
_OPTIONS = {
    "--driver-url": "SPARK_DRIVER_URL",
    "--executor-id": "SPARK_EXECUTOR_ID",
    "--cores": "SPARK_EXECUTOR_CORES",
    "--app-id": "SPARK_APPLICATION_ID",
    "--hostname": "SPARK_EXECUTOR_POD_IP",
    "--resourceProfileId": "SPARK_RESOURCE_PROFILE_ID",
    "--podName": "SPARK_EXECUTOR_POD_NAME",
}

LATER_OPTIMIZATION = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
"""Java's optimizing compiler begins ten times later than by default: it takes half of the CPU time
of an executor's first tasks. What is called often is optimized all the same."""


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """What to become. KeyError for a variable that Spark sets."""
    match arguments:
        case ["driver", *rest]:
            return _driver(rest, environment)
        case ["executor", *_]:
            return _executor(environment)
    return [environment["PYSPARK_PYTHON"], APPLICATION, *arguments]


def _driver(rest: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    address = f"spark.driver.bindAddress={environment['SPARK_DRIVER_BIND_ADDRESS']}"
    submit = f"{environment['SPARK_HOME']}/bin/spark-submit"
    return [submit, "--conf", address, "--deploy-mode", "client", *rest]


def _executor(environment: Mapping[str, str]) -> list[str]:
    memory = environment["SPARK_EXECUTOR_MEMORY"]
    # By name, since Java takes its cache only where they come as they did when it was made.
    jars = sorted(str(jar) for jar in Path(environment["SPARK_HOME"], "jars").glob("*.jar"))
    class_path = [environment.get("SPARK_CLASSPATH", ""), *jars]
    return [
        f"{environment['JAVA_HOME']}/bin/java",
        *_cache(environment),
        *LATER_OPTIMIZATION,
        *_java_options(environment),
        f"-Xms{memory}",
        f"-Xmx{memory}",
        "-cp",
        ":".join(part for part in class_path if part),
        "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
        *(part for name, variable in _OPTIONS.items() for part in (name, environment[variable])),
    ]


def _cache(environment: Mapping[str, str]) -> list[str]:
    """The cache that `aot_cache.py` made, which is not there while it makes it."""
    cache = Path(environment["SPARK_HOME"], "executor.aot")
    return [f"-XX:AOTCache={cache}", "-Xlog:aot*=error"] if cache.exists() else []


def _java_options(environment: Mapping[str, str]) -> list[str]:
    """SPARK_JAVA_OPT_0, _1 and on, in their order."""
    numbered = re.compile(r"SPARK_JAVA_OPT_(\d+)")
    matches = [(numbered.fullmatch(name), text) for name, text in environment.items()]
    found = {int(match[1]): text for match, text in matches if match}
    return [found[number] for number in sorted(found)]


def main() -> None:
    """Become it."""
    become = command(sys.argv[1:], os.environ)
    # Of a driver; what the application's own properties say comes after it.
    options = [*LATER_OPTIMIZATION, os.environ.get("SPARK_SUBMIT_OPTS", "")]
    os.environ["SPARK_SUBMIT_OPTS"] = " ".join(options)
    os.execv(become[0], become)


if __name__ == "__main__":
    main()
