"""Pods and SparkApplications out of what the charts have installed, for other arguments."""

from copy import deepcopy
from typing import Any

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import models as k8s

Manifest = dict[str, Any]


def pod_of_cronjob(cronjob: k8s.V1CronJob) -> k8s.V1Pod:
    """The pod that a Job of it would have."""
    template = cronjob.spec.job_template.spec.template
    return k8s.V1Pod(metadata=template.metadata, spec=template.spec)


def pod_of_application(scheduled: Manifest) -> k8s.V1Pod:
    """The driver's pod of a ScheduledSparkApplication, for what needs no executors."""
    template = scheduled["spec"]["template"]["driver"]["template"]
    return PodGenerator.deserialize_model_dict(deepcopy(template))


def application_of(scheduled: Manifest, arguments: list[str]) -> Manifest:
    """The SparkApplication that a ScheduledSparkApplication would make, with these arguments."""
    spec = deepcopy(scheduled["spec"]["template"])
    labels = dict(scheduled["metadata"].get("labels", {}))
    return {
        "apiVersion": scheduled["apiVersion"],
        "kind": "SparkApplication",
        "metadata": {"labels": labels},
        "spec": {**spec, "arguments": arguments},
    }
