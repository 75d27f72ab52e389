import re
import sys
from pathlib import Path

import pytest
from tests.support.platform import REPOSITORY

from vitrine_local.commands import MAKE_TARGETS, command

PROGRAM = Path(sys.prefix, "bin", "vitrine")


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_with_the_environment_on_path_it_is_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAM.parent}:/bin")
    assert command("down") == "vitrine down"


def test_in_the_repository_it_is_make_where_make_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Makefile").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.chdir(tmp_path)
    assert command("down") == "make down"
    assert command("status") == ".venv/bin/vitrine status"


def test_elsewhere_it_is_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Makefile").touch()
    monkeypatch.chdir(tmp_path)
    assert command("down") == f"{PROGRAM} down"


def test_another_program_of_that_name_is_not_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "vitrine"
    other.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert command("down") == f"{PROGRAM} down"


def test_make_has_these_commands() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    rules = dict(re.findall(r"^([a-z]+):.*\n\t@?\$\(BIN\)/vitrine ([a-z]+)", makefile, re.M))
    assert {name: rules.get(name) for name in MAKE_TARGETS} == {name: name for name in MAKE_TARGETS}
