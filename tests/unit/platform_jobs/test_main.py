"""What the command line of platform-jobs takes."""

from datetime import date
from typing import Any

import pytest

from platform_jobs.main import parsed
from vitrine_local.deployables import DEPLOYABLES

FIRST, LAST = date(2026, 10, 25), date(2026, 11, 1)
SETTINGS = {"quality_first_day": FIRST, "quality_last_day": LAST}


@pytest.mark.parametrize(
    ("arguments", "names", "days"),
    [
        pytest.param("topics", ["topics"], {}, id="one job"),
        pytest.param("stream-check fold", ["stream-check", "fold"], {}, id="jobs in their order"),
        pytest.param("quality", ["quality"], {}, id="the days of the settings"),
        pytest.param(f"quality --de {FIRST} --ate {LAST}", ["quality"], SETTINGS, id="an interval"),
        pytest.param(
            f"quality --ate {LAST}", ["quality"], {"quality_last_day": LAST}, id="one day"
        ),
        pytest.param(
            f"--ate={LAST} --de={FIRST} audit quality", ["audit", "quality"], SETTINGS, id="before"
        ),
    ],
)
def test_what_is_taken(arguments: str, names: list[str], days: dict[str, Any]) -> None:
    assert parsed(arguments.split()) == (names, days)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("", id="no job"),
        pytest.param("nonsense", id="no such job"),
        pytest.param("topics nonsense", id="nor is it run after one that exists"),
        pytest.param("quality --de 01/11/2026", id="no date"),
        pytest.param("quality --de 2026-11-31", id="no such day"),
        pytest.param("quality --de", id="no day"),
        pytest.param(f"audit --de {FIRST}", id="an audit has no days"),
        pytest.param(f"quality --d {FIRST}", id="no such option"),
    ],
)
def test_what_is_refused(capsys: pytest.CaptureFixture[str], arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(arguments.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: platform-jobs {topics|tables|indexes|")


def test_the_demo_names_jobs_that_there_are() -> None:
    runs = [parsed(run) for run in DEPLOYABLES["platform-jobs"].demo_runs]
    assert runs == [(["close-minutes"], {}), (["quality"], {})]
