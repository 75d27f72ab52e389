"""Which archive of classes a Java uses."""

from pathlib import Path

import pytest

from vitrine_local import class_archive
from vitrine_local.class_archive import archive_of, java_options, make
from vitrine_local.java import Java


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the archives are."""
    monkeypatch.setattr(class_archive, "_FOLDER", tmp_path / "archives")
    return tmp_path / "archives"


def java_in(home: Path, release: str = "17.0.1") -> Java:
    home.mkdir(exist_ok=True)
    (home / "release").write_text(release)
    return Java(home, 17, "system", home)


def test_each_java_has_its_own_and_a_newer_release_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    first = archive_of(java_in(one))
    assert archive_of(java_in(one)) == first
    assert len({first, archive_of(java_in(other)), archive_of(java_in(one, "17.0.2"))}) == 3


def test_one_that_is_not_there_is_not_asked_for(tmp_path: Path, folder: Path) -> None:
    java = java_in(tmp_path / "java")
    assert java_options(java) == []
    folder.mkdir()
    archive_of(java).touch()
    assert java_options(java)[0] == f"-XX:SharedArchiveFile={archive_of(java)}"


def test_a_java_that_makes_none_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    """It has no program at all."""
    assert not make(java_in(tmp_path / "java"))
    assert list(folder.iterdir()) == []


def test_a_spark_that_takes_too_long_makes_none(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_archive, "_TIMEOUT_SECONDS", 0.01)
    assert not make(java_in(tmp_path / "java"))
    assert list(folder.iterdir()) == []
