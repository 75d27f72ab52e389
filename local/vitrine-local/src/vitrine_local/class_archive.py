"""An archive of the classes that Spark loads as it starts, which Java maps in place of reading and
verifying them: a start takes about a third less CPU time (class data sharing, JEP 350).

`python -m vitrine_local.class_archive` makes it where there is none; without one all runs as well.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from vitrine_local.java import Java, choose_java
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST, Settings

_FOLDER: Final = Path(sys.prefix, "share", "vitrine")
_QUIET: Final = "-Xlog:cds=off -Xlog:cds+dynamic=off"
_TIMEOUT_SECONDS: Final = 300


def archive_of(java: Java) -> Path:
    """Where the archive is, or would be: it belongs to one Java and to this environment's jars."""
    release = java.home / "release"
    told = release.read_bytes() if release.exists() else b""
    name = hashlib.sha256(bytes(java.home) + told + version("pyspark").encode()).hexdigest()
    return _FOLDER / f"spark-{name[:16]}.jsa"


def java_options(java: Java) -> list[str]:
    """The options by which Java uses the archive; none where it has not been made."""
    archive = archive_of(java)
    return [f"-XX:SharedArchiveFile={archive}", *_QUIET.split()] if archive.exists() else []


def make_once(settings: Settings, say: Callable[[str], object]) -> None:
    """Make it for the Java that the settings choose, unless it is there. It starts Spark once."""
    java = choose_java(settings.java, os.environ, Layout.of(settings).cache)
    if archive_of(java).exists():
        return
    say(f"{'classes':<17} of Spark are archived once, in {_FOLDER}")
    if not make(java):
        say(f"{'classes':<17} cannot be archived by Java {java.version}; Spark starts without")


def make(java: Java) -> bool:
    """Whether there is an archive in the end: not every Java makes one."""
    archive = archive_of(java)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        partial = Path(folder, archive.name)
        _run_spark(java, f"-XX:ArchiveClassesAtExit={partial} {_QUIET}")
        if partial.exists():
            partial.replace(archive)
    return archive.exists()


def _run_spark(java: Java, options: str) -> None:
    """The outcome is the archive or none, as where it takes too long."""
    told = {
        "JAVA_HOME": str(java.spark_home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": HOST,
        "SPARK_SUBMIT_OPTS": options,
    }
    command = [sys.executable, "-m", "vitrine_local.short_spark_job"]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command,
            env={**os.environ, **told},
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )


if __name__ == "__main__":
    make_once(Settings(), print)
