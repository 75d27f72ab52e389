"""The order of the demo's jobs, on a platform of which only their begin and end are there."""

from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest

from vitrine_local import demo_jobs
from vitrine_local.demo_jobs import DemoJobs
from vitrine_local.deployables import DEPLOYABLES
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.platform import LocalPlatform


class Jobs:
    """Keeps what was started; what runs ends when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder, folder)
        self.started: list[tuple[str, ...]] = []
        self.code: int | None = None
        self.refuses: set[str] = set()

    def start_job(self, name: str, arguments: Iterable[str]) -> None:
        self.started.append((name, *arguments))
        if name in self.refuses:
            raise LocalError("it cannot start")

    def end_of_job(self, name: str) -> int | None:
        assert self.started[-1][0] == name
        return self.code


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    monkeypatch.setattr(demo_jobs, "_FIRST_AFTER", 0.0)
    return Jobs(tmp_path)


def watched(jobs: Jobs, told: list[str], *, times: int) -> None:
    demo = DemoJobs(cast(LocalPlatform, jobs), lambda name, text: told.append(f"{name} {text}"))
    for _ in range(times):
        demo.watch()


DECLARED = [(name, *run) for name, each in DEPLOYABLES.items() for run in each.demo_runs]


def test_each_begins_when_the_one_before_has_ended(jobs: Jobs) -> None:
    jobs.code = 0
    told: list[str] = []
    watched(jobs, told, times=2 * len(DECLARED) + 5)
    assert jobs.started == DECLARED
    assert [line.split()[0] for line in told] == [name for name, *_ in DECLARED]
    assert [line.rpartition(": ")[2] for line in told] == [run[1] for run in DECLARED]


def test_nothing_begins_while_one_runs(jobs: Jobs) -> None:
    told: list[str] = []
    watched(jobs, told, times=5)
    assert (jobs.started, told) == (DECLARED[:1], [])


def test_a_failure_names_its_log_and_stops_none_of_the_others(jobs: Jobs) -> None:
    jobs.code = 1
    told: list[str] = []
    watched(jobs, told, times=2 * len(DECLARED))
    assert jobs.started == DECLARED
    name, command, *_ = DECLARED[0]
    log = jobs.layout.log(name)
    assert told[0] == f"{name} {command} ended with exit code 1; its log: {log}"


def test_what_cannot_start_is_told_and_stops_none_of_the_others(jobs: Jobs) -> None:
    jobs.code = 0
    jobs.refuses = {"batch-etl"}
    told: list[str] = []
    watched(jobs, told, times=2 * len(DECLARED))
    assert jobs.started == DECLARED
    assert told.count("batch-etl it cannot start") == sum(n == "batch-etl" for n, *_ in DECLARED)
