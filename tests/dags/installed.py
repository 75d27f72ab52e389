"""What a release has installed, as Kubernetes answers for it: paths of its API and objects."""

import json

from tests.charts.profiles import rendered
from tests.support.helm import Manifest, find


def audit() -> Manifest:
    """The CronJob of the audit, in the release of the default values."""
    return find(rendered("default"), "CronJob", "vitrine-platform-jobs-audit")


def batch_etl(runner: str) -> Manifest:
    """What starts a run of batch-etl, in the release of the default values, under a runner."""
    kind = "CronJob" if runner == "native" else "ScheduledSparkApplication"
    return find(rendered("default", f"batch-etl.runner={runner}"), kind, "vitrine-batch-etl")


def answers(*objects: Manifest) -> str:
    """Kubernetes' answers by path, as JSON."""
    return json.dumps({_path(item): item for item in objects})


def _path(item: Manifest) -> str:
    metadata = item["metadata"]
    resource = f"{item['kind'].lower()}s"
    return f"/apis/{item['apiVersion']}/namespaces/vitrine/{resource}/{metadata['name']}"
