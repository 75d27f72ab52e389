"""A DAG file that reads a file while Airflow parses it."""

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG

from vitrine_dags.rules import dag_options, every
from vitrine_dags.tasks import platform_job

DOC = "## When it fails\n\n" + Path("/dev/null").read_text("utf-8")

with DAG("nothing_at_the_top", schedule=every("0 0 * * *"), **dag_options("", DOC)):
    platform_job("quality", timeout=timedelta(hours=1))
