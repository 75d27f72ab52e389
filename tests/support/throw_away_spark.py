"""A throw-away Spark application, added as docs/adding-a-service.md says.

Its folder, its chart cut from the stream's, its entry in the table, its line in the umbrella and
what an environment tells it.
"""

import re
import shutil
from pathlib import Path
from typing import Final

from tests.support.platform import REPOSITORY

NAME: Final = "throw-away-spark"
ENTRY: Final = """
[throw-away-spark]
kind = "spark-application"
needs = ["s3"]
environment = { RATINGS_URL = "{data_url}/ratings.csv", RECOMMENDATIONS_URL = "{data_url}/found" }
"""
DEPENDENCY: Final = (
    "  - {name: throw-away-spark, version: 0.1.0, repository: file://../throw-away-spark,"
    " condition: throw-away-spark.enabled}\n"
)
VALUES: Final = """
throw-away-spark:
  config:
    ratingsUrl: s3a://bucket/ratings.csv
    recommendationsUrl: s3a://bucket/found
"""
CONFIG: Final = """config:
  # -- Level of logs; empty takes global.config.logLevel, and `INFO` where neither is set.
  logLevel: ""
  # -- S3's; empty takes global.config.awsRegion, and `us-east-1` where neither is set.
  awsRegion: ""
  # -- S3's; empty takes global.config.s3EndpointUrl, and AWS's own where neither is set.
  s3EndpointUrl: ""
  # -- Empty, since the image's Spark has its jars.
  sparkJarsDir: ""
  # -- Heap of the driver.
  sparkDriverMemory: 768m
  # -- File of the ratings. Required.
  ratingsUrl: ""
  # -- Folder of what is recommended. Required.
  recommendationsUrl: ""

"""
RUN: Final = """run:
  # -- When it runs, as a cron string in UTC.
  schedule: "0 5 * * *"
  # -- Whether the schedule rests.
  suspend: false
  # -- What a run is told.
  arguments: []
  # -- Runs kept that were done.
  successfulHistoryLimit: 1
  # -- Runs kept that failed.
  failedHistoryLimit: 3

"""
TEMPLATES: Final = {
    "_checks.tpl": (
        '{{- define "throw-away-spark.required" }}ratingsUrl recommendationsUrl{{ end }}\n'
        '{{- define "throw-away-spark.endsWithin" }}10{{ end }}\n'
        '{{- define "throw-away-spark.problems" }}{{ end }}\n'
    ),
    "networkpolicy.yaml": (
        '{{- $peers := list "s3" "aws" }}\n'
        '{{- include "service-lib.sparkNetworkpolicy" (merge (dict "peers" $peers) .) }}\n'
    ),
    "spark.yaml": '{{- include "service-lib.sparkRuns" . }}\n',
}
OF_A_STREAM: Final = ("_volumes.tpl", "checkpoint.yaml", "executors.yaml", "pdb.yaml")


def add_spark_application(root: Path) -> None:
    """Add it to a copy of the repository; what is generated is left to the generators."""
    shutil.copytree(REPOSITORY / "tests" / "data" / NAME, root / "spark-apps" / NAME)
    table = root / "local" / "vitrine-local" / "src" / "vitrine_local" / "deployables.toml"
    table.write_text(table.read_text() + ENTRY)
    umbrella = root / "charts" / "vitrine" / "Chart.yaml"
    umbrella.write_text(umbrella.read_text() + DEPENDENCY)
    for values in (
        *root.glob("k8s/*/values.yaml"),
        root / "tests" / "charts" / "default-values.yaml",
    ):
        values.write_text(values.read_text() + VALUES)
    _add_chart(root)


def _add_chart(root: Path) -> None:
    """The stream's, less what only a stream has."""
    chart = root / "charts" / NAME
    shutil.copytree(root / "charts" / "stream-processor", chart)
    for path in (each for each in chart.rglob("*") if each.is_file()):
        path.write_text(path.read_text().replace("stream-processor", NAME))
    for name in OF_A_STREAM:
        (chart / "templates" / name).unlink()
    for name, text in TEMPLATES.items():
        (chart / "templates" / name).write_text(text)
    values = chart / "values.yaml"
    changes = {"config": CONFIG, "secrets": "", "restart": RUN}
    changes |= dict.fromkeys(("autoscaling", "persistence", "probes"), "")
    values.write_text(_changed(values.read_text(), changes))


def _changed(text: str, blocks: dict[str, str]) -> str:
    """Values with some keys of the first level, the comments above included, put anew."""
    for key, block in blocks.items():
        text, times = re.subn(rf"^(?:#.*\n)*{key}:\n(?: +.*\n|\n)*", block, text, flags=re.M)
        assert times == 1, key
    return text
