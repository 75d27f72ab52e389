import errno
import hashlib
import re
import shutil
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
import requests

from vitrine_local import jars
from vitrine_local.declared_parts import JAR_SETS
from vitrine_local.failure import LocalError
from vitrine_local.jars import Jar

CONTENT = b"what the lock says"
JAR = Jar("kafka", "org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local Maven repository that is asked before the network."""
    folder = tmp_path / "m2"
    monkeypatch.setenv("M2_REPO", str(folder))
    return folder


def put(repository: Path, content: bytes) -> None:
    folder = repository / "org/example/thing/1.0"
    folder.mkdir(parents=True)
    (folder / "thing-1.0.jar").write_bytes(content)


def fetch(folder: Path) -> list[tuple[int, int]]:
    seen: list[tuple[int, int]] = []
    jars.fetch([JAR], folder, lambda done, of: seen.append((done, of)))
    return seen


def no_network(*_arguments: object, **_options: object) -> requests.Response:
    raise requests.ConnectionError("no route")


def test_the_lock_names_each_file_once_with_a_sum() -> None:
    locked = jars.locked_jars({*JAR_SETS.values(), "spark-aws"})
    assert max(Counter((jar.jar_set, jar.artifact) for jar in locked).values()) == 1
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in locked)
    assert {jar.jar_set for jar in locked} == {*JAR_SETS.values(), "spark-aws"}
    assert jars.locked_jars({"none"}) == []


def test_a_line_of_the_lock() -> None:
    assert jars.parse_lock(f"# remark\nkafka org.example:thing:1.0 {JAR.sha256}\n") == [JAR]


def test_the_local_repository_spares_the_network(repository: Path, tmp_path: Path) -> None:
    put(repository, CONTENT)
    assert fetch(tmp_path / "jars") == [(1, 1)]
    assert (tmp_path / "jars/kafka/thing-1.0.jar").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "jars").iterdir()] == ["kafka"]
    assert fetch(tmp_path / "jars") == []


def test_a_broken_local_file_is_fetched_anew(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repository, b"broken")

    def get(_url: str, **_options: object) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.raw = BytesIO(CONTENT)
        return response

    monkeypatch.setattr("jgo.util.http.get", get)
    fetch(tmp_path / "jars")
    assert (tmp_path / "jars/kafka/thing-1.0.jar").read_bytes() == CONTENT


def test_a_wrong_sum_is_one_clear_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repository, b"wrong")
    path = repository / "org/example/thing/1.0/thing-1.0.jar"
    monkeypatch.setattr(jars, "_resolve", lambda *_arguments: path)
    found = hashlib.sha256(b"wrong").hexdigest()
    with pytest.raises(LocalError, match=f"thing-1.0.jar has the sum {found}, the lock says"):
        fetch(tmp_path / "jars")
    assert jars.missing([JAR], tmp_path / "jars") == [JAR]


@pytest.mark.usefixtures("repository")
def test_no_network_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jgo.util.http.get", no_network)
    with pytest.raises(LocalError, match=r"^cannot fetch thing-1.0.jar: .*is there a network\?$"):
        fetch(tmp_path / "jars")


def test_a_full_disk_is_one_clear_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repository, CONTENT)

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(LocalError, match=r"^no space left for jars in "):
        fetch(tmp_path / "jars")


def test_a_corrupt_jar_is_seen(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka/thing-1.0.jar").write_bytes(b"other")
    assert jars.corrupt([JAR], tmp_path) == [JAR]
    (tmp_path / "kafka/thing-1.0.jar").write_bytes(CONTENT)
    assert jars.corrupt([JAR], tmp_path) == []
