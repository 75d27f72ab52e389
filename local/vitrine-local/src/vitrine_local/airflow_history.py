"""Has Airflow load the make-believe shop's past: one run of its DAG `backfill` per day."""

import logging
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from service_runtime.errors import TransientError
from service_runtime.logging import configure_logging
from service_runtime.retry import wait_and_retry
from service_runtime.settings import RuntimeSettings
from vitrine_local.airflow import USER

logger = logging.getLogger(__name__)

_DAYS: Final = 100
_RUNS: Final = "/api/v2/dags/backfill/dagRuns"
_SECONDS: Final = 60
"""Airflow answers slowly while it starts on a busy machine."""


class Settings(RuntimeSettings):
    """Where Airflow is, and the bucket of the exports."""

    airflow_url: str
    airflow_password: SecretStr
    s3_endpoint_url: str
    bucket: str


def history(today: date) -> dict[str, Any]:
    """The params of `backfill`: days that are over in every time zone. `etl_diario` loads later
    ones."""
    first, last = today - timedelta(_DAYS), today - timedelta(2)
    return {"de": first.isoformat(), "ate": last.isoformat()}


def main() -> None:
    """Wait for the last day's export and for Airflow, however long: the supervisor ends what is
    not ready in time."""
    settings = Settings()
    configure_logging(settings.log_level)
    params = history(datetime.now(UTC).date())
    for attempt in wait_and_retry("exports"):
        with attempt:
            _require_export(settings, params["ate"])
    for attempt in wait_and_retry("airflow"):
        with attempt:
            load(settings.airflow_url, settings.airflow_password.get_secret_value(), params)


def load(url: str, password: str, params: dict[str, Any]) -> None:
    """Trigger the run of these days; one that was triggered before is left alone, and cleared
    where it failed. What is loaded already is not loaded again.

    Raises TransientError where Airflow does not answer, or has not read the DAG yet.
    """
    name = f"history-until-{params['ate']}"
    with httpx.Client(base_url=url, timeout=_SECONDS) as airflow:
        user = {"username": USER, "password": password}
        token = _answer(airflow, "POST", "/auth/token", user)["access_token"]
        airflow.headers["Authorization"] = f"Bearer {token}"
        run = {"dag_run_id": name, "logical_date": None, "conf": params}
        if _answer(airflow, "POST", _RUNS, run):
            return
        if _answer(airflow, "GET", f"{_RUNS}/{name}")["state"] == "failed":
            logger.warning("the run %s of the DAG backfill had failed: it is cleared", name)
            _answer(airflow, "POST", f"{_RUNS}/{name}/clear", {"dry_run": False})


def _require_export(settings: Settings, day: str) -> None:
    s3 = boto3.client("s3", endpoint_url=settings.s3_endpoint_url)
    try:
        found = s3.list_objects_v2(Bucket=settings.bucket, Prefix=f"vendas/data={day}/", MaxKeys=1)
    except (BotoCoreError, ClientError) as error:
        raise TransientError(f"exports: {error}") from error
    if not found["KeyCount"]:
        raise TransientError(f"exports: none of {day} yet")


def _answer(
    airflow: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Its JSON; nothing where what is to be made is there already."""
    try:
        answer = airflow.request(method, path, json=body)
    except httpx.TransportError as error:
        raise TransientError(f"{path}: {error!r}") from error
    if answer.is_server_error or answer.status_code == HTTPStatus.NOT_FOUND:
        raise TransientError(f"{path}: HTTP {answer.status_code}")
    if answer.status_code == HTTPStatus.CONFLICT:
        return {}
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


if __name__ == "__main__":
    main()
