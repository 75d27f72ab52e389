"""Has Airflow load the make-believe shop's past: triggers its DAG `backfill` once a day."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import boto3
import httpx
from pydantic import SecretStr

from service_runtime.settings import RuntimeSettings
from vitrine_local.airflow import USER

_DAYS: Final = 100
_DAG: Final = "/api/v2/dags/backfill"
_POLL_SECONDS: Final = 0.5
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
    """Wait for the last day's export and for the DAG, then trigger it unless that was done."""
    settings = Settings()
    params = history(datetime.now(UTC).date())
    _wait_until(lambda: _is_exported(settings, params["ate"]))
    with httpx.Client(base_url=settings.airflow_url, timeout=_SECONDS) as airflow:
        _sign_in(airflow, settings.airflow_password.get_secret_value())
        _wait_until(lambda: airflow.get(_DAG).status_code == HTTPStatus.OK)
        run = {"dag_run_id": f"history-until-{params['ate']}", "logical_date": None, "conf": params}
        answer = airflow.post(f"{_DAG}/dagRuns", json=run)
        if answer.status_code != HTTPStatus.CONFLICT:
            answer.raise_for_status()


def _is_exported(settings: Settings, day: str) -> bool:
    s3 = boto3.client("s3", endpoint_url=settings.s3_endpoint_url)
    found = s3.list_objects_v2(Bucket=settings.bucket, Prefix=f"vendas/data={day}/", MaxKeys=1)
    return bool(found["KeyCount"])


def _sign_in(airflow: httpx.Client, password: str) -> None:
    answer = airflow.post("/auth/token", json={"username": USER, "password": password})
    token = answer.raise_for_status().json()["access_token"]
    airflow.headers["Authorization"] = f"Bearer {token}"


def _wait_until(condition: Callable[[], bool]) -> None:
    """However long: the supervisor ends what is not ready in time."""
    while not condition():
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    main()
