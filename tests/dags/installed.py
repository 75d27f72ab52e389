"""What a release has installed, as Kubernetes answers for it: paths of its API and objects."""

import json
import shutil
from pathlib import Path
from typing import Final

import yaml
from tests.charts.profiles import VALUES, rendered
from tests.support.helm import CHARTS, Manifest, find, manifests, run

NAME: Final = "vitrine-batch-etl"
_OF_A_STREAM: Final = ("_volumes.tpl", "checkpoint.yaml", "pdb.yaml")
_RUN: Final = {
    "run": {
        "schedule": "0 5 * * *",
        "suspend": True,
        "successfulHistoryLimit": 1,
        "failedHistoryLimit": 3,
    },
    "config": {"checkpointUrl": "s3a://bucket/checkpoint"},
}


def audit() -> Manifest:
    """The CronJob of the audit, in the release of the default values."""
    return find(rendered("default"), "CronJob", "vitrine-platform-jobs-audit")


def batch_etl(folder: Path, runner: str) -> Manifest:
    """What starts a run of the batch chart, which is cut from the stream's, under a runner."""
    kind = "CronJob" if runner == "native" else "ScheduledSparkApplication"
    return find(_batch_release(folder, runner), kind, NAME)


def _batch_release(folder: Path, runner: str) -> list[Manifest]:
    chart = folder / "batch-etl"
    if not chart.exists():
        _add_chart(chart)
    shared = yaml.safe_load(VALUES["default"].read_text())["global"]
    values = folder / f"{runner}.yaml"
    values.write_text(yaml.safe_dump({**_RUN, "global": shared, "runner": runner}))
    arguments = ("template", "vitrine", chart, "--namespace", "vitrine", "--values", values)
    return manifests(run(*arguments))


def _add_chart(chart: Path) -> None:
    shutil.copytree(CHARTS / "service-lib", chart.parent / "service-lib")
    left_out = shutil.ignore_patterns("charts", "values.schema.json", *_OF_A_STREAM)
    shutil.copytree(CHARTS / "stream-processor", chart, ignore=left_out)
    for path in (each for each in chart.rglob("*") if each.is_file()):
        path.write_text(path.read_text().replace("stream-processor", chart.name))
    (chart / "templates" / "spark.yaml").write_text('{{- include "service-lib.sparkRuns" . }}\n')
    run("dependency", "update", chart)


def answers(*objects: Manifest) -> str:
    """Kubernetes' answers by path, as JSON."""
    return json.dumps({_path(item): item for item in objects})


def _path(item: Manifest) -> str:
    metadata = item["metadata"]
    resource = f"{item['kind'].lower()}s"
    return f"/apis/{item['apiVersion']}/namespaces/vitrine/{resource}/{metadata['name']}"
