"""Examines what this machine lacks to run the platform, and names the command that installs it."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from vitrine_local import airflow, folder_lock, jars, postgres
from vitrine_local.declared_parts import BACKING, JAR_SETS, ports
from vitrine_local.deployables import DEPLOYABLES, RUNNING
from vitrine_local.failure import LocalError
from vitrine_local.java import choose_java
from vitrine_local.layout import Layout
from vitrine_local.postgres import PostgresError
from vitrine_local.preflight import LEAST_FREE_BYTES, port_is_free, port_owner
from vitrine_local.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LEAST_MEMORY = 3 * 1024**3
_MEBIBYTE = 1024 * 1024
_TRY_NAMESPACE = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) != 0)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `remedy` is a command, empty if nothing is wrong."""

    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "--" if self.remedy else "ok"
        line = f"{mark}  {self.subject:<12} {self.text}"
        return f"{line}\n{'':17}mend: {self.remedy}" if self.remedy else line


def examine(settings: Settings, layout: Layout) -> Iterator[Finding]:
    """Examine all that the platform needs, one finding each; changes nothing but the cache."""
    yield _python()
    yield _packages()
    yield _java(settings, layout)
    yield _postgres()
    yield _jars(layout)
    yield _airflow(layout)
    yield _folder(layout)
    yield _disk(layout)
    yield _memory()
    yield from _ports(settings, layout)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info < _OLDEST_PYTHON
    return Finding("Python", found, "apt-get install python3.11" if old else "")


def _packages() -> Finding:
    names = ["redshift_local", *(each.package for each in DEPLOYABLES.values())]
    lacking = [name for name in (*names, "pyspark", "moto", "jpype") if not find_spec(name)]
    if lacking:
        return Finding("packages", f"missing: {', '.join(lacking)}", "make setup")
    return Finding("packages", "all installed")


def _java(settings: Settings, layout: Layout) -> Finding:
    try:
        java = choose_java(settings.java, os.environ, layout.cache)
    except LocalError as error:
        return Finding("Java", str(error), "export VITRINE_JAVA=auto")
    if not java.library.exists():
        return Finding("Java", f"{java.library} is missing", "make setup")
    return Finding("Java", f"{java.version}, of the {java.source}, in {java.home}")


def _postgres() -> Finding:
    try:
        program = postgres.program("postgres")
    except PostgresError as error:
        return Finding("PostgreSQL", str(error), "make setup")
    if os.geteuid() != 0:
        return Finding("PostgreSQL", str(program))
    if subprocess.call([sys.executable, "-c", _TRY_NAMESPACE]) == 0:
        return Finding("PostgreSQL", f"{program}, for root in a user namespace")
    if all(user.pw_uid == 0 for user in pwd.getpwall()):
        return Finding("PostgreSQL", "refuses root, and there is no other user", "useradd vitrine")
    return Finding("PostgreSQL", f"{program}, for root as an unprivileged user")


def _jars(layout: Layout) -> Finding:
    locked, folder = jars.locked_jars(JAR_SETS.values()), layout.cache / "jars"
    if broken := jars.corrupt(locked, folder):
        files = " ".join(str(folder / jar.jar_set / jar.file_name) for jar in broken)
        return Finding("jars", f"{len(broken)} differ from the lock", f"rm {files}")
    if lacking := jars.missing(locked, folder):
        return Finding("jars", f"{len(lacking)} of {len(locked)} not fetched yet", "make setup")
    return Finding("jars", f"all {len(locked)} in {folder}")


def _airflow(layout: Layout) -> Finding:
    if airflow.is_installed(layout.cache):
        return Finding("Airflow", f"in {airflow.environment_folder(layout.cache)}")
    if airflow.find_uv(layout.root) is None:
        text = "not installed, and there is no uv; `--with-airflow` alone needs both"
        return Finding("Airflow", text)
    return Finding("Airflow", "not installed; the first start with `--with-airflow` does so")


def _folder(layout: Layout) -> Finding:
    existing = _nearest(layout.root)
    if os.access(existing, os.W_OK | os.X_OK):
        return Finding("state folder", str(layout.root))
    text = f"{existing} is not writable for you"
    return Finding("state folder", text, 'export VITRINE_STATE_DIR="$HOME/.vitrine"')


def _disk(layout: Layout) -> Finding:
    free = shutil.disk_usage(_nearest(layout.root)).free
    little = free < LEAST_FREE_BYTES
    remedy = "export VITRINE_STATE_DIR=a folder on another disk" if little else ""
    return Finding("disk", f"{free // _MEBIBYTE} MiB free", remedy)


def _memory() -> Finding:
    free = psutil.virtual_memory().available
    remedy = "ps aux --sort=-rss | head  # and end what is not needed"
    text = f"{free // _MEBIBYTE} MiB free"
    return Finding("memory", text, remedy if free < _LEAST_MEMORY else "")


def _ports(settings: Settings, layout: Layout) -> Iterator[Finding]:
    """Ports in use are fine while the platform itself uses them."""
    if holder := folder_lock.holder(layout):
        yield Finding("ports", f"in use by the platform, which runs as process {holder.pid}")
        return
    taken = [
        (variable, port)
        for name in (*BACKING, *RUNNING, *_airflow_parts(layout))
        for variable, port in ports(settings, name).items()
        if not port_is_free(port)
    ]
    for variable, port in taken:
        text = f"{port} is taken{port_owner(port)}"
        yield Finding("port", text, f"export {variable}=another number")
    if not taken:
        yield Finding("ports", "all free")


def _airflow_parts(layout: Layout) -> tuple[str, ...]:
    """The parts of Airflow; empty where nobody has started it here."""
    return airflow.PARTS if airflow.is_installed(layout.cache) else ()


def _nearest(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
