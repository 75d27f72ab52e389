"""Makes the cache that Java starts an executor with: aot_cache.py SERVICE

An executor is started as Kubernetes starts one, by SERVICE, does a short job, and leaves the cache
as it ends: what it loads and links, and what it calls most (https://openjdk.org/jeps/514).
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from vitrine_local.short_spark_job import run, start_session

_NO_EXECUTORS: Final = "local-cluster[0,1,1024]"
"""A driver that starts none itself, and takes those that register."""
_TIMEOUT_SECONDS: Final = 300


def main() -> None:
    """Make it in Spark's folder; one line where the executor does not end as it should."""
    session = start_session(_NO_EXECUTORS)
    java = session.sparkContext._jvm.org.apache.spark.launcher.JavaModuleOptions
    cache = f"-XX:AOTCacheOutput={os.environ['SPARK_HOME']}/executor.aot"
    options = [*java.defaultModuleOptionArray(), "-Xlog:aot=error", cache]
    numbered = {f"SPARK_JAVA_OPT_{number}": option for number, option in enumerate(options)}
    environment = os.environ | _executor(session.sparkContext) | numbered
    executor = subprocess.Popen([sys.executable, sys.argv[1], "executor"], env=environment)
    run(session)
    session.stop()
    if code := executor.wait(_TIMEOUT_SECONDS):
        sys.exit(f"the executor ended with {code}")


def _executor(context: Any) -> Mapping[str, str]:
    """What Spark tells an executor on Kubernetes."""
    host, port = (context.getConf().get(f"spark.driver.{name}") for name in ("host", "port"))
    return {
        "SPARK_DRIVER_URL": f"spark://CoarseGrainedScheduler@{host}:{port}",
        "SPARK_EXECUTOR_ID": "1",
        "SPARK_EXECUTOR_CORES": "1",
        "SPARK_EXECUTOR_MEMORY": "512m",
        "SPARK_EXECUTOR_POD_IP": "127.0.0.1",
        "SPARK_EXECUTOR_POD_NAME": "executor",
        "SPARK_APPLICATION_ID": context.applicationId,
        "SPARK_RESOURCE_PROFILE_ID": "0",
    }


if __name__ == "__main__":
    main()
