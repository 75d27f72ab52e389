"""A task as a pod or a SparkApplication, by what a release's charts have installed."""

from datetime import timedelta
from typing import Any, Final

from vitrine_dags.operators import ChartPodOperator, ChartSparkOperator, Source
from vitrine_dags.rules import SETTINGS

_START_SECONDS: Final = 600
"""A node may have to be started first, and an image be pulled."""


def task_of(
    deployable: str,
    arguments: list[str],
    *,
    timeout: timedelta,
    needs_spark: bool = False,
    **options: Any,
) -> Any:
    """A SparkApplication where Spark is needed and spark-operator runs it, else a pod."""
    run = {**_source(deployable), **_run(f"{deployable}-{arguments[0]}", timeout)}
    if needs_spark and SETTINGS.spark_runner != "native":
        return ChartSparkOperator(arguments=arguments, **run, **options)
    return ChartPodOperator(
        source=_kind(deployable),
        arguments=arguments,
        labels=_labels(deployable, arguments[0]),
        # Kubernetes itself ends a pod whose worker is gone.
        active_deadline_seconds=round(timeout.total_seconds()),
        **run,
        **options,
    )


def _source(deployable: str) -> dict[str, Any]:
    if deployable == "batch-etl":
        template, image = SETTINGS.batch_etl, SETTINGS.batch_etl_image
    else:
        template, image = SETTINGS.platform_jobs, SETTINGS.platform_jobs_image
    return {"template_name": template, "image": image or None}


def _kind(deployable: str) -> Source:
    native = deployable != "batch-etl" or SETTINGS.spark_runner == "native"
    return Source.CRONJOB if native else Source.SPARK


def _labels(deployable: str, job: str) -> dict[str, str] | None:
    return {"app.kubernetes.io/component": job} if deployable == "platform-jobs" else None


def _run(name: str, timeout: timedelta) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": SETTINGS.namespace,
        "kubernetes_conn_id": SETTINGS.kubernetes_connection,
        "execution_timeout": timeout,
        "startup_timeout_seconds": _START_SECONDS,
        "log_events_on_failure": True,
        "deferrable": False,
        "do_xcom_push": False,
    }
