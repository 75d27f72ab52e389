"""DAGs with one fault each, named for the rule that must find it."""

from datetime import timedelta
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param

from vitrine_dags.rules import dag_options, every
from vitrine_dags.tasks import batch_etl, platform_job

DOC = "## When it fails\n\nClear the task."
HOUR = timedelta(hours=1)


def dag_of(rule: str, **changed: Any) -> DAG:
    """A DAG that keeps the rules but for what is changed."""
    return DAG(rule, **{"schedule": every("0 0 * * *"), **dag_options("", DOC), **changed})


def quality(**changed: Any) -> None:
    """A task that keeps the rules but for what is changed."""
    task = platform_job("quality", timeout=HOUR)
    for name, value in changed.items():
        setattr(task, name, value)


with dag_of("sound", params={"de": Param("2026-11-01", type="string", format="date")}):
    quality()
with dag_of("intervals", schedule="0 0 * * *"):
    quality()
with dag_of("one_run_at_a_time", max_active_runs=2):
    quality()
with dag_of("no_catching_up", catchup=True):
    quality()
with dag_of("says_what_to_do", doc_md="It runs every day."):
    quality()
with dag_of("typed_params", params={"de": "2026-11-01"}):
    quality()
with dag_of("tried_again"):
    quality(retries=0)
with dag_of("waits_longer"):
    quality(retry_exponential_backoff=0)
with dag_of("ends_in_time"):
    quality(execution_timeout=None)
with dag_of("ended_by_kubernetes"):
    quality(active_deadline_seconds=None)
with dag_of("warehouse_pool"):
    quality(pool="default_pool")
with dag_of("no_xcom"):
    quality(do_xcom_push=True)
with dag_of("pinned_images"):
    quality(image="vitrine/platform-jobs:latest")
with dag_of("containers_alone"):
    EmptyOperator(task_id="nothing", pool="vitrine_armazem", execution_timeout=HOUR)
with dag_of("restricted_pods"):
    KubernetesPodOperator(
        task_id="open",
        namespace="vitrine",
        image="vitrine/platform-jobs:0.1.0",
        pool="vitrine_armazem",
        execution_timeout=HOUR,
        active_deadline_seconds=60,
    )
with dag_of("announced_loads"):
    batch_etl("etl", timeout=HOUR)
