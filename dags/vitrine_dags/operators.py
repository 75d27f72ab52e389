"""Operators that run what a release's charts have installed, with arguments of a task.

Security context, Secrets, service account, labels and image are read from the release when a task
runs, so that Airflow knows none of them and an upgrade of the release is one of its tasks too.
"""

from enum import Enum
from typing import Any

from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from airflow.sdk import Context
from kubernetes.client import models as k8s

from vitrine_dags.arguments import given
from vitrine_dags.chart_templates import (
    Manifest,
    application_of,
    pod_of_application,
    pod_of_cronjob,
)


class Source(Enum):
    """Kind of object that holds the pod template."""

    CRONJOB = "CronJob"
    SPARK = "ScheduledSparkApplication"


class ChartPodOperator(KubernetesPodOperator):
    """Runs one pod with the template of the object `template_name`."""

    arguments: list[str]

    def __init__(self, *, source: Source, template_name: str, **options: Any) -> None:
        super().__init__(**options)
        self.source = source
        self.template_name = template_name

    def build_pod_request_obj(
        self, context: Context | None = None, *, dry_run: bool = False
    ) -> k8s.V1Pod:
        """The template's pod with this task's arguments; a dry run asks no cluster for it."""
        self.arguments = given(self.arguments)
        if not dry_run:
            self.full_pod_spec = self._pod()
            self.base_container_name = self.full_pod_spec.spec.containers[0].name
        return super().build_pod_request_obj(context, dry_run=dry_run)

    def _pod(self) -> k8s.V1Pod:
        hook = KubernetesHook(conn_id=self.kubernetes_conn_id)
        if self.source is Source.SPARK:
            return pod_of_application(_scheduled(hook, self.template_name, self.namespace))
        jobs = hook.batch_v1_client
        return pod_of_cronjob(jobs.read_namespaced_cron_job(self.template_name, self.namespace))


class ChartSparkOperator(SparkKubernetesOperator):
    """Runs one SparkApplication, as the ScheduledSparkApplication `template_name` would."""

    template_fields: list[str] = [*SparkKubernetesOperator.template_fields, "arguments"]  # noqa: RUF012

    def __init__(self, *, template_name: str, **options: Any) -> None:
        super().__init__(**options)
        self.template_name = template_name

    def execute(self, context: Context) -> None:
        """Read the release, then do as any SparkKubernetesOperator."""
        self.template_spec = self.application()
        super().execute(context)

    def application(self) -> Manifest:
        """What is submitted. The operator's own hook cannot be asked: it is made of the answer."""
        hook = KubernetesHook(conn_id=self.kubernetes_conn_id)
        scheduled = _scheduled(hook, self.template_name, self.namespace)
        return application_of(scheduled, given(self.arguments))


def _scheduled(hook: KubernetesHook, name: str, namespace: str | None) -> Manifest:
    found: Manifest = hook.get_custom_object(
        group="sparkoperator.k8s.io",
        version="v1beta2",
        plural="scheduledsparkapplications",
        name=name,
        namespace=namespace,
    )
    return found
