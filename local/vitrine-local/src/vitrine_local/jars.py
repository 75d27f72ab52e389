"""The jars that Java parts run from: locked by coordinates and sums, fetched once.

`python -m vitrine_local.jars FOLDER SET...` fetches sets into an image.
"""

import errno
import hashlib
import shutil
import sys
from collections.abc import Callable, Container, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from jgo.config import GlobalSettings
from jgo.constants import default_maven_repo
from jgo.maven import MavenContext

from vitrine_local.failure import LocalError

_AT_ONCE = 8
_ATTEMPTS = 3

Progress = Callable[[int, int], None]
"""Told how many jars are there, of how many."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked file; `jar_set` names the process that it is for."""

    jar_set: str
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def parse_lock(text: str) -> list[Jar]:
    """One jar a line: `set group:artifact:version sha256`; `#` begins a remark."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            jar_set, coordinates, sha256 = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(jar_set, group, artifact, version, sha256))
    return jars


def locked_jars(sets: Container[str]) -> list[Jar]:
    """The jars that the lock file names for these sets."""
    locked = parse_lock((files("vitrine_local") / "jars.lock").read_text("utf-8"))
    return [jar for jar in locked if jar.jar_set in sets]


def missing(jars: Iterable[Jar], folder: Path) -> list[Jar]:
    """Those that a cache folder lacks. A jar is put there whole and verified, or not at all."""
    return [jar for jar in jars if not (folder / jar.jar_set / jar.file_name).exists()]


def corrupt(jars: Iterable[Jar], folder: Path) -> list[Jar]:
    """Those whose file is there and is not what the lock says."""
    return [
        jar
        for jar in jars
        if (path := folder / jar.jar_set / jar.file_name).exists() and _sum(path) != jar.sha256
    ]


def fetch(jars: Iterable[Jar], folder: Path, progress: Progress) -> None:
    """Bring what is missing into `<folder>/<set>/`, several at once.

    The local Maven repository is asked before the network. Raises LocalError with one line.
    """
    wanted = missing(jars, folder)
    if not wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="fetching-") as temporary:
        executor = ThreadPoolExecutor(_AT_ONCE)
        try:
            tasks = [executor.submit(_bring, jar, folder, Path(temporary)) for jar in wanted]
            for done, task in enumerate(as_completed(tasks), start=1):
                task.result()
                progress(done, len(wanted))
        finally:
            executor.shutdown(cancel_futures=True)


def _bring(jar: Jar, folder: Path, temporary: Path) -> None:
    try:
        path = _download_verified(jar, temporary)
        target = folder / jar.jar_set / jar.file_name
        target.parent.mkdir(exist_ok=True)
        partial = temporary / f"{jar.jar_set}-{jar.file_name}"
        shutil.copyfile(path, partial)
        partial.replace(target)
    except requests.RequestException as error:
        raise LocalError(f"cannot fetch {jar.file_name}: {_network_cause(error)}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LocalError(f"no space left for jars in {folder}") from error
        raise LocalError(f"cannot store {jar.file_name}: {error}") from error


def _download_verified(jar: Jar, temporary: Path) -> Path:
    """The local repository may hold a broken file; then the network is asked."""
    for attempt, local in enumerate(([default_maven_repo()], [], [])):
        path = _resolve(jar, temporary / str(attempt), local)
        if (found := _sum(path)) == jar.sha256:
            return path
    raise LocalError(f"{jar.file_name} has the sum {found}, the lock says {jar.sha256}")


def _resolve(jar: Jar, repository: Path, local: list[Path]) -> Path:
    context = MavenContext(repo_cache=repository, local_repos=local, timeout=30)
    context.remote_repos = {**GlobalSettings.load().repositories, **context.remote_repos}
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for attempt in range(_ATTEMPTS):
        try:
            return Path(artifact.resolve())
        except requests.RequestException:
            shutil.rmtree(repository, ignore_errors=True)
            if attempt == _ATTEMPTS - 1:
                raise
        except RuntimeError as error:
            raise LocalError(f"{jar.file_name} is in no Maven repository known here") from error
    raise AssertionError


def _network_cause(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "the Maven repository does not answer; try again"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted here; set REQUESTS_CA_BUNDLE"
    return "the Maven repository cannot be reached; is there a network?"


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Fetch the sets that are named, each into a folder of its own, with one line on why not."""
    folder, *sets = sys.argv[1:]
    try:
        fetch(locked_jars(sets), Path(folder), lambda *_: None)
    except LocalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
