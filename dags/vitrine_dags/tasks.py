"""Tasks: an image of Vitrine and its arguments, which are the same without Airflow."""

from datetime import timedelta
from typing import Any, Final

from vitrine_dags.operators import ChartPodOperator, ChartSparkOperator, Source
from vitrine_dags.rules import SETTINGS

_START_SECONDS: Final = 600
"""A node may have to be started first, and an image be pulled."""


def platform_job(job: str, *arguments: str, timeout: timedelta, **options: Any) -> ChartPodOperator:
    """A job of platform-jobs; `options` are those of any task."""
    return ChartPodOperator(
        source=Source.CRONJOB,
        template_name=SETTINGS.platform_jobs,
        image=SETTINGS.platform_jobs_image or None,
        arguments=[job, *arguments],
        labels={"app.kubernetes.io/component": job},
        **_pod(f"platform-jobs-{job}", timeout),
        **{"task_id": job.replace("-", "_"), "pool": SETTINGS.pool, **options},
    )


def batch_etl(command: str, *arguments: str, timeout: timedelta, **options: Any) -> Any:
    """A command of batch-etl that needs Spark: a pod, or a SparkApplication by spark-operator."""
    if SETTINGS.spark_runner == "native":
        return batch_etl_pod(command, *arguments, timeout=timeout, **options)
    return ChartSparkOperator(
        template_name=SETTINGS.batch_etl,
        image=SETTINGS.batch_etl_image or None,
        arguments=[command, *arguments],
        **_run(f"batch-etl-{command}", timeout),
        **{"task_id": command, "pool": SETTINGS.pool, **options},
    )


def wait_for_files(day: str, **options: Any) -> ChartPodOperator:
    """Succeeds as soon as S3 has a file of the day.

    A try is one listing. Between two tries no pod and no slot of Airflow is held; the whole of them
    takes most of a day.
    """
    return batch_etl_pod(
        "aguardar",
        *("--de", day, "--ate", day),
        timeout=timedelta(minutes=15),
        **{
            "task_id": "wait_for_files",
            "pool": "default_pool",
            "retries": 40,
            "max_retry_delay": timedelta(minutes=30),
            **options,
        },
    )


def batch_etl_pod(
    command: str, *arguments: str, timeout: timedelta, **options: Any
) -> ChartPodOperator:
    """A command of batch-etl that needs no Spark, or brings its own under `native`."""
    native = SETTINGS.spark_runner == "native"
    return ChartPodOperator(
        source=Source.CRONJOB if native else Source.SPARK,
        template_name=SETTINGS.batch_etl,
        image=SETTINGS.batch_etl_image or None,
        arguments=[command, *arguments],
        **_pod(f"batch-etl-{command}", timeout),
        **{"task_id": command, "pool": SETTINGS.pool, **options},
    )


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


def _pod(name: str, timeout: timedelta) -> dict[str, Any]:
    """Kubernetes itself ends a pod whose worker is gone."""
    return {**_run(name, timeout), "active_deadline_seconds": round(timeout.total_seconds())}
