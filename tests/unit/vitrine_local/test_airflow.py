"""What Airflow is given before it starts, and which days of the past it is to load."""

import json
import shlex
import socket
import sys
from datetime import date
from pathlib import Path

import pytest

from vitrine_local import airflow, airflow_start, demo_jobs
from vitrine_local.airflow_history import history
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.platform import LocalPlatform
from vitrine_local.processes import find
from vitrine_local.settings import HOST, Settings


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout.of(Settings(state_dir=tmp_path / "state"))
    layout.create()
    return layout


def test_the_password_is_made_once_and_is_what_airflow_reads(layout: Layout) -> None:
    airflow.make_home(layout)
    password = airflow.password_file(layout).read_text()
    airflow.make_home(layout)
    told = airflow.environment(Settings(), layout)
    passwords = Path(told["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    assert json.loads(passwords.read_text()) == {airflow.USER: password}
    assert len(password) >= 32
    assert {path.stat().st_mode & 0o777 for path in layout.secrets.iterdir()} == {0o600}
    assert Path(told["AIRFLOW_HOME"]).stat().st_mode & 0o777 == 0o700


def test_a_task_finds_its_program_in_a_folder_whose_name_has_a_space(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The DAGs split the command as a shell does."""
    monkeypatch.setattr(sys, "executable", "/my shop/.venv/bin/python")
    told = airflow.environment(Settings(), layout)["VITRINE_LOCAL_COMMAND"]
    assert shlex.split(told) == ["/my shop/.venv/bin/vitrine", "run"]


def _uv(layout: Layout, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """A uv in the state folder, and none on PATH."""
    monkeypatch.setenv("PATH", "/nowhere")
    uv = layout.root / "uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(program)
    uv.chmod(0o755)


def test_the_packages_are_installed_once(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    asked = layout.root / "asked"
    makes_the_folder = '/bin/mkdir "$UV_PROJECT_ENVIRONMENT"'
    _uv(layout, monkeypatch, f'#!/bin/sh\necho "$@" >>{asked}\n{makes_the_folder}\n')
    assert not airflow.is_installed(layout.cache)
    airflow.install(layout, said.append)
    airflow.install(layout, said.append)
    assert airflow.is_installed(layout.cache)
    (command,) = asked.read_text().splitlines()
    assert command.split()[0] == "sync"
    assert "--locked" in command.split()
    assert len(said) == 1


def test_packages_that_cannot_be_fetched_are_an_error(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    _uv(layout, monkeypatch, "#!/bin/sh\nexit 2\n")
    with pytest.raises(LocalError, match="uv says why"):
        airflow.install(layout, lambda _: None)
    assert not airflow.is_installed(layout.cache)


def test_the_platform_is_watched_while_uv_works(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = tmp_path / "watched"
    until_watched = f"until [ -e {watched} ]; do /bin/sleep 0.01; done"
    makes_the_folder = '/bin/mkdir "$UV_PROJECT_ENVIRONMENT"'
    _uv(layout, monkeypatch, f"#!/bin/sh\n{makes_the_folder}\n{until_watched}\n")
    airflow.install(layout, lambda _: None, meanwhile=watched.touch)
    assert airflow.is_installed(layout.cache)


def test_a_signal_ends_uv(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = tmp_path / "number"
    _uv(layout, monkeypatch, f"#!/bin/sh\necho $$ >{number}\nexec /bin/sleep 600\n")

    def interrupt() -> None:
        if number.exists() and number.read_text().endswith("\n"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        airflow.install(layout, lambda _: None, meanwhile=interrupt)
    assert find(int(number.read_text())) is None
    assert not airflow.is_installed(layout.cache)


def test_what_airflow_lacks_is_told_before_all_else_starts(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        platform = LocalPlatform(Settings(state_dir=layout.root, airflow_port=port))

        def is_possible() -> bool:
            return airflow_start.is_possible(platform, lambda *what: told.append(what))

        monkeypatch.setenv("PATH", "/nowhere")
        assert not is_possible()
        _uv(layout, monkeypatch, "")
        assert not is_possible()
    assert is_possible()
    (part, no_uv), (same_part, no_port) = told
    assert part == same_part == "airflow"
    assert no_uv.startswith("does not run: Airflow needs uv, and there is none: pip install uv. ")
    assert no_port.startswith(f"does not run: port {port} (airflow) is taken")
    assert "set VITRINE_AIRFLOW_PORT to another. All else goes on without it. " in no_port


def test_without_uv_the_remedy_is_named(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalError, match="pip install uv"):
        airflow.install(layout, lambda _: None)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        pytest.param(["kafka", "shop-simulator"], True, id="the demo"),
        pytest.param(["kafka", "shop-simulator", *airflow.PARTS], False, id="Airflow does it"),
        pytest.param(["kafka"], False, id="real customers"),
    ],
)
def test_the_demo_runs_its_jobs_unless_airflow_does(names: list[str], *, wanted: bool) -> None:
    assert demo_jobs.are_wanted(names) == wanted


def test_the_past_is_over_in_every_time_zone() -> None:
    assert history(date(2026, 11, 30)) == {"de": "2026-08-22", "ate": "2026-11-28"}
