"""Airflow of a local platform as its user has it: by its API, signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from tests.support.waiting import wait_until

from vitrine_local import airflow
from vitrine_local.platform import LocalPlatform

PAUSED = {"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True"}
"""For `airflow-dags`: the demo runs all DAGs, a test those that it asks for."""


class Airflow:
    """Its DAGs, all paused at first."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def run(self, dag: str, conf: dict[str, Any] | None = None, *, seconds: float = 300) -> None:
        """Run a DAG by hand with `conf`, or else by its own schedule, and see it succeed."""
        self.wait_until_read(dag)
        path = f"/api/v2/dags/{dag}"
        if conf is not None:
            told = {"logical_date": None, "conf": conf}
            self._client.post(f"{path}/dagRuns", json=told).raise_for_status()
        self._switch(dag, is_paused=False)
        self.wait_for(dag, seconds=seconds)
        self._switch(dag, is_paused=True)

    def wait_until_read(self, dag: str) -> None:
        """Wait until Airflow has read its file."""
        path = f"/api/v2/dags/{dag}"
        wait_until(
            lambda: self._client.get(path).is_success, f"{dag} is read", seconds=300, every=2
        )

    def end_as(self, dag: str, run: str, state: str) -> None:
        """Mark a run as `failed` or `success`, as one does on Airflow's page."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}"
        self._client.patch(path, json={"state": state}).raise_for_status()

    def wait_for(self, dag: str, *, seconds: float) -> None:
        """Wait until all its runs have ended, at least one, and see that they succeeded."""

        def has_ended() -> bool:
            return bool(states := self.states(dag)) and set(states) <= {"success", "failed"}

        wait_until(has_ended, f"{dag} ends", seconds=seconds, every=2)
        assert set(self.states(dag)) == {"success"}

    def states(self, dag: str) -> list[str]:
        """Those of the runs of a DAG."""
        runs = self._client.get(f"/api/v2/dags/{dag}/dagRuns").raise_for_status().json()
        return [run["state"] for run in runs["dag_runs"]]

    def _switch(self, dag: str, *, is_paused: bool) -> None:
        told = {"is_paused": is_paused}
        self._client.patch(f"/api/v2/dags/{dag}", json=told).raise_for_status()


@contextmanager
def signed_in(platform: LocalPlatform) -> Iterator[Airflow]:
    """As the user of the password file."""
    with httpx.Client(base_url=airflow.url(platform.settings), timeout=60) as client:
        password = airflow.password_file(platform.layout).read_text()
        told = {"username": airflow.USER, "password": password}
        answer = client.post("/auth/token", json=told).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Airflow(client)
