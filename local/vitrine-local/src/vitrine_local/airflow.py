"""Airflow for the local platform: its packages, kept apart from the workspace, and its settings.

Airflow pins older clients than the workspace, so it has a project, a lock and an environment of its
own.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from vitrine_local.credentials import kept_secret, write_secret
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.settings import HOST, Settings

USER: Final = "admin"
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "airflow-tables": ("db", "migrate"),
    "airflow": ("api-server",),
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dags": ("dag-processor",),
}
"""The arguments of the program `airflow` for each part that is one of Airflow's processes."""
PARTS: Final = ("airflow", "airflow-scheduler", "airflow-dags")
"""What runs until it is stopped. Nothing defers a task, so there is no triggerer."""
HISTORY: Final = "airflow-history"
"""The part that has the make-believe shop's past loaded; it does its work once and ends."""

_DAGS: Final = Path(__file__).parents[4] / "dags"
_POLL_SECONDS: Final = 0.2
_PROJECT: Final = ("pyproject.toml", "uv.lock")
_PASSWORD: Final = "airflow_password"
_PASSWORDS: Final = "airflow_passwords.json"


def environment_folder(cache: Path) -> Path:
    """Where the packages of the lock lie; each lock has a folder of its own."""
    project = b"".join((_DAGS / name).read_bytes() for name in _PROJECT)
    return cache / f"airflow-{hashlib.sha256(project).hexdigest()[:16]}"


def is_installed(cache: Path) -> bool:
    """Whether all packages of the lock are there."""
    return _mark(environment_folder(cache)).exists()


def find_uv(state: Path) -> str | None:
    """The program uv: that of PATH, or the one that `make` installed."""
    return shutil.which("uv") or shutil.which("uv", path=state / "uv" / "bin")


def require_uv(layout: Layout) -> str:
    """The program uv. Raises LocalError where there is none."""
    uv = find_uv(layout.root)
    if uv is None:
        raise LocalError("Airflow needs uv, and there is none: pip install uv")
    return uv


def install(
    layout: Layout, say: Callable[[str], None], *, meanwhile: Callable[[], None] = lambda: None
) -> None:
    """Bring the packages where they are missing; uv shows its progress. Raises LocalError.

    It takes minutes, in which `meanwhile` is called again and again.
    """
    if is_installed(layout.cache):
        return
    folder = environment_folder(layout.cache)
    uv = require_uv(layout)
    say(f"{'airflow':<17} its packages are being installed, once")
    told = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    told |= {"UV_PROJECT_ENVIRONMENT": str(folder), "UV_PYTHON_DOWNLOADS": "never"}
    command = [uv, "sync", "--project", str(_DAGS), "--locked"]
    if _exit_code(command, told, meanwhile) != 0:
        raise LocalError("Airflow's packages cannot be installed; uv says why above")
    _mark(folder).touch()


def program(cache: Path) -> Path:
    """The program `airflow`."""
    return environment_folder(cache) / "bin" / "airflow"


def url(settings: Settings) -> str:
    """Where its page and its API are."""
    return f"http://{HOST}:{settings.airflow_port}"


def password_file(layout: Layout) -> Path:
    """The file that holds the password of USER alone."""
    return layout.secrets / _PASSWORD


def make_home(layout: Layout) -> None:
    """Make the folder and the password, which Airflow reads from a file of its own."""
    (layout.data / "airflow").mkdir(mode=0o700, exist_ok=True)
    password = kept_secret(password_file(layout))
    write_secret(layout.secrets / _PASSWORDS, json.dumps({USER: password}))


def environment(settings: Settings, layout: Layout) -> dict[str, str]:
    """The variables of each of Airflow's processes.

    A task runs `vitrine run` with these too, so the mark of a part goes on to what it starts.
    """
    home, logs = layout.data / "airflow", layout.logs / "airflow"
    vitrine = Path(sys.executable).with_name("vitrine")
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(_DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # One task at a time: two of them start Spark, and the shop is open meanwhile.
        "AIRFLOW__CORE__PARALLELISM": "1",
        "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url(settings)}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(layout.secrets / _PASSWORDS),
        # A file that has changed is read at once all the same.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(logs),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(logs / "dags"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # A title written over a process's environment would hide whose part it is.
        "SPT_NOENV": "1",
        "VITRINE_STATE_DIR": str(layout.root),
        "VITRINE_LOCAL_COMMAND": shlex.join([str(vitrine), "run"]),
        "VITRINE_POOL": "default_pool",
    }


def _exit_code(
    command: list[str], environment: Mapping[str, str], meanwhile: Callable[[], None]
) -> int:
    """Run a process, and call `meanwhile` again and again until it ends. The process is killed
    where `meanwhile` raises or a signal comes."""
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                meanwhile()
                time.sleep(_POLL_SECONDS)
        except BaseException:
            process.kill()
            raise
        return process.returncode


def _mark(folder: Path) -> Path:
    return folder / ".synced"
