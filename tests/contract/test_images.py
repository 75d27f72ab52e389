"""The Dockerfiles: alike where they must be, read by hadolint, and one for every chart."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.support.helm import ROOT, charts_with_an_image

from vitrine_local.deployables import DEPLOYABLES

DOCKERFILES: Final = sorted(ROOT.glob("*/Dockerfile"))
HADOLINT: Final = Path(sys.executable).with_name("hadolint")
BROKEN: Final = {
    "DL3007": "FROM python:latest\nUSER 65532\n",
    "DL3002": "FROM python:3.11.15\nUSER root\n",
    "DL3059": "FROM python:3.11.15\nRUN pwd\nRUN pwd\nUSER 65532\n",
    "DL3008": "FROM python:3.11.15\nRUN apt-get install -y --no-install-recommends gcc\nUSER 1\n",
}


def _argument(name: str) -> set[str]:
    """What every Dockerfile that has this argument gives it."""
    texts = [path.read_text() for path in DOCKERFILES]
    return {value for text in texts for value in re.findall(rf"^ARG {name}=(.+)$", text, re.M)}


def test_all_start_from_one_image_that_is_pinned() -> None:
    assert len(DOCKERFILES) == 3
    (base,) = _argument("BASE")
    assert re.fullmatch(r"docker\.io/library/python:3\.11\.\d+-slim-bookworm", base)


def test_the_lock_is_read_by_the_uv_that_wrote_it() -> None:
    found = re.search(r"^UV_VERSION := (.+)$", (ROOT / "Makefile").read_text(), re.M)
    assert found
    assert _argument("UV_VERSION") == {found[1]}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_runs_as_a_user_with_a_number_and_no_name(path: Path) -> None:
    assert re.findall(r"^USER (.+)$", path.read_text(), re.M) == ["65532:65532"]


def test_there_is_an_image_for_every_chart_and_every_deployable() -> None:
    listed = subprocess.run(
        [ROOT / "k8s" / "images.sh", "--list"], capture_output=True, text=True, check=True
    )
    names = listed.stdout.split()
    assert set(names) == charts_with_an_image() | {"local-platform"}
    assert set(names) == DEPLOYABLES.keys() | {"local-platform"}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_finds_nothing(path: Path) -> None:
    assert _findings(path.read_text()) == set()


@pytest.mark.parametrize("rule", BROKEN)
def test_hadolint_finds_what_is_broken(rule: str) -> None:
    assert rule in _findings(BROKEN[rule])


def _findings(dockerfile: str) -> set[str]:
    done = subprocess.run(
        [HADOLINT, "--no-color", "-"], input=dockerfile, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return set(re.findall(r"\b(?:DL|SC)\d{4}\b", done.stdout))
