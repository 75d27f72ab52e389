"""The part that has Airflow load the past goes on asking while Airflow or S3 is away."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import boto3
import httpx
import pytest
from tests.support.pages import serving
from tests.support.platform import platform_of

from service_runtime.errors import TransientError
from vitrine_local import airflow
from vitrine_local.airflow_history import history, load
from vitrine_local.environment import BUCKET
from vitrine_local.platform import LocalPlatform

platform = platform_of("s3")
DROPPED = 0
RUNS = "/api/v2/dags/backfill/dagRuns"
PARAMS = {"de": "2026-08-22", "ate": "2026-11-28"}


class Airflow(BaseHTTPRequestHandler):
    """Answers each request with the next of `statuses`, or drops it, and notes its path."""

    statuses: ClassVar[list[int]] = []
    paths: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.paths.append(self.path)
        status = self.statuses.pop(0)
        if status == DROPPED:
            return
        body = json.dumps({"access_token": "token"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def answering(*statuses: int) -> Iterator[str]:
    """The address of an Airflow with these answers; all must have been asked for."""
    Airflow.statuses[:], Airflow.paths[:] = statuses, []
    with serving(Airflow) as url:
        yield url
    assert Airflow.statuses == []


@pytest.mark.parametrize(
    ("statuses", "error"),
    [
        pytest.param([500], TransientError, id="no sign-in now"),
        pytest.param([DROPPED], TransientError, id="it goes away"),
        pytest.param([401], httpx.HTTPStatusError, id="a wrong password"),
        pytest.param([201, 503], TransientError, id="no run now"),
        pytest.param([201, DROPPED], TransientError, id="it goes away after the sign-in"),
        pytest.param([201, 404], TransientError, id="the DAG is not read yet"),
        pytest.param([201, 403], httpx.HTTPStatusError, id="not allowed"),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(
    statuses: list[int], error: type[Exception]
) -> None:
    with answering(*statuses) as url, pytest.raises(error):
        load(url, "secret", PARAMS)


def test_it_asks_until_airflow_answers(platform: LocalPlatform) -> None:
    airflow.make_home(platform.layout)
    environment = platform.environment(airflow.HISTORY)
    day = history(datetime.now(UTC).date())["ate"]
    s3 = boto3.client(
        "s3",
        endpoint_url=environment["S3_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    s3.put_object(Bucket=BUCKET, Key=f"vendas/data={day}/vendas.csv", Body=b"")
    command = [sys.executable, "-m", "vitrine_local.airflow_history"]
    with answering(503, DROPPED, 201, 502, 201, 200) as url:
        subprocess.run(command, env=environment | {"AIRFLOW_URL": url}, check=True, timeout=60)
    assert Airflow.paths == ["/auth/token", "/auth/token", *["/auth/token", RUNS] * 2]
