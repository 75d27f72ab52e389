"""A task as a process of this machine, with the arguments that its container would have."""

import os
import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException

from vitrine_dags.arguments import given
from vitrine_dags.rules import SETTINGS
from vitrine_dags.settings import Settings


class LocalProcessOperator(BaseOperator):
    """Runs one process to its end; every exit code but 0 is a failure."""

    template_fields = ("arguments",)

    def __init__(self, *, command: list[str], arguments: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.command = command
        self.arguments = arguments
        self._hook = SubprocessHook()

    def execute(self, context: Context) -> None:
        """The process's output is the task's log."""
        del context
        done = self._hook.run_command(
            [*self.command, *given(self.arguments)], env=process_environment(os.environ)
        )
        if done.exit_code != 0:
            raise AirflowException(f"ended with exit code {done.exit_code}")

    def on_kill(self) -> None:
        """Ends the process with all that it started."""
        self._hook.send_sigterm()


def process_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that a task's process gets: all but Airflow's and those of these DAGs."""
    own = Settings.variables().values()
    return {
        name: text
        for name, text in environment.items()
        if not name.startswith(("AIRFLOW", "_AIRFLOW")) and name not in own
    }


def task_of(
    deployable: str,
    arguments: list[str],
    *,
    timeout: timedelta,
    needs_spark: bool = False,
    **options: Any,
) -> Any:
    """The process of a deployable; one that needs Spark brings its own."""
    del needs_spark
    return LocalProcessOperator(
        command=[*shlex.split(SETTINGS.local_command), deployable],
        arguments=arguments,
        execution_timeout=timeout,
        do_xcom_push=False,
        **options,
    )
