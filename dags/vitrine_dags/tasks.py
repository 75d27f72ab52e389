"""Tasks: a deployable of Vitrine and its arguments, which are the same without Airflow."""

from datetime import timedelta
from typing import Any

from vitrine_dags.rules import SETTINGS

if SETTINGS.local_command:
    from vitrine_dags.local_processes import task_of
else:
    from vitrine_dags.release import task_of


def platform_job(job: str, *arguments: str, timeout: timedelta, **options: Any) -> Any:
    """A job of platform-jobs; `options` are those of any task."""
    return task_of(
        "platform-jobs",
        [job, *arguments],
        timeout=timeout,
        **{"task_id": job.replace("-", "_"), "pool": SETTINGS.pool, **options},
    )


def batch_etl(command: str, *arguments: str, timeout: timedelta, **options: Any) -> Any:
    """A command of batch-etl that needs Spark."""
    return batch_etl_pod(command, *arguments, timeout=timeout, needs_spark=True, **options)


def batch_etl_pod(command: str, *arguments: str, timeout: timedelta, **options: Any) -> Any:
    """A command of batch-etl that needs no Spark."""
    return task_of(
        "batch-etl",
        [command, *arguments],
        timeout=timeout,
        **{"task_id": command, "pool": SETTINGS.pool, **options},
    )


def wait_for_files(day: str, **options: Any) -> Any:
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
