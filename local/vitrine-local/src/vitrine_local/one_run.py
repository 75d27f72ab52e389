"""Runs a job of the platform once, in the foreground."""

import os
import subprocess
import sys
from collections.abc import Sequence

from vitrine_local import folder_lock
from vitrine_local.commands import command
from vitrine_local.deployables import DEPLOYABLES, RUNNING
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.platform import LocalPlatform
from vitrine_local.settings import Settings


def run_once(settings: Settings, name: str, arguments: Sequence[str]) -> int:
    """Its exit code. Raises LocalError for what is no job, and where nothing runs."""
    jobs = sorted(DEPLOYABLES.keys() - RUNNING.keys())
    if name not in jobs:
        raise LocalError(f"{name} is no job; there are {', '.join(jobs)}")
    layout = Layout.of(settings)
    if folder_lock.holder(layout) is None:
        raise LocalError(f"nothing runs in {layout.root}: start it with `{command('up')}`")
    platform = LocalPlatform(folder_lock.settings_of_holder(layout, settings))
    program = (sys.executable, "-m", f"{DEPLOYABLES[name].package}.main", *arguments)
    return subprocess.call(program, env={**os.environ, **platform.environment(name)})
