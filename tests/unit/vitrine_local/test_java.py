import subprocess
from pathlib import Path

import pytest

from vitrine_local import java
from vitrine_local.failure import LocalError
from vitrine_local.java import Java, choose_java, parse_properties

PRINTED = """Property settings:
    java.home = {home}
    java.specification.version = {version}
openjdk version
"""


@pytest.mark.parametrize(
    ("version", "number"),
    [
        pytest.param("17", 17, id="since Java 9"),
        pytest.param("1.8", 8, id="before Java 9"),
    ],
)
def test_what_java_says_of_itself(version: str, number: int) -> None:
    found = parse_properties(PRINTED.format(home="/opt/a jdk", version=version))
    assert found == Java(Path("/opt/a jdk"), number, "system", Path("/opt/a jdk"))


def test_a_program_that_is_not_java_is_none() -> None:
    assert parse_properties("java: command not found") is None


def a_system_java(tmp_path: Path, version: int) -> Java:
    (tmp_path / "lib/server").mkdir(parents=True)
    (tmp_path / "lib/server/libjvm.so").touch()
    return Java(tmp_path, version, "system", tmp_path)


@pytest.mark.parametrize(
    ("mode", "version", "source"),
    [
        pytest.param("auto", 17, "system", id="the system's is new enough"),
        pytest.param("auto", 11, "wheel", id="the system's is too old"),
        pytest.param("auto", None, "wheel", id="the system has none"),
        pytest.param("wheel", 21, "wheel", id="the wheel's is asked for"),
    ],
)
def test_which_java(
    mode: str, version: int | None, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = a_system_java(tmp_path, version) if version else None
    monkeypatch.setattr(java, "system_java", lambda _environment: found)
    assert choose_java(mode, {}, tmp_path).source == source  # type: ignore[arg-type]


def test_an_old_java_that_is_insisted_on_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "system_java", lambda _environment: a_system_java(tmp_path, 11))
    with pytest.raises(LocalError, match="wants Java 17 or newer, found only 11 in"):
        choose_java("system", {}, tmp_path)


def test_no_java_on_an_empty_path(tmp_path: Path) -> None:
    assert java.system_java({"PATH": str(tmp_path)}) is None


def test_the_wheel_runs_what_spark_asks_of_java(tmp_path: Path) -> None:
    chosen = choose_java("wheel", {}, tmp_path)
    asked = ["--add-modules=jdk.incubator.vector", "-Da=b c", "-XshowSettings:properties"]
    program = chosen.spark_home / "bin" / "java"
    done = subprocess.run([program, *asked, "-version"], capture_output=True, text=True, check=True)
    assert "a = b c" in done.stderr
    assert parse_properties(done.stderr) == Java(chosen.home, chosen.version, "system", chosen.home)
