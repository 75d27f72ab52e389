"""The platform as a value: parts started, stopped, paused and killed from Python."""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType

from vitrine_local import airflow, cleanup, declared_parts, folder_lock, jars
from vitrine_local.credentials import load_credentials, write_secret
from vitrine_local.declared_parts import JAR_SETS, parts
from vitrine_local.environment import Environments
from vitrine_local.java import choose_java
from vitrine_local.layout import Layout
from vitrine_local.part import Part
from vitrine_local.preflight import require_free_disk, require_free_ports
from vitrine_local.restarts import Restarts
from vitrine_local.settings import HOST, Settings
from vitrine_local.supervisor import Report, Supervisor

JarProgress = Callable[[int, int], None]


class LocalPlatform:
    """One state folder, held from the first `start` until `close`.

    The thread that starts parts must outlive them. Failures are LocalError, one line each.
    The parts of Airflow need `airflow.install` first.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        report: Report = lambda _name, _seconds: None,
        jar_progress: JarProgress = lambda _done, _of: None,
        restarts: Restarts | None = None,
    ) -> None:
        """`restarts` restarts parts that die after they were ready; without it `watch` raises."""
        self.settings = settings
        self.layout = Layout.of(settings)
        self._report = report
        self._jar_progress = jar_progress
        self._restarts = restarts
        self._held = ExitStack()
        self._supervisor: Supervisor | None = None
        self._environments: Environments | None = None

    def __enter__(self) -> "LocalPlatform":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def hold(self, *, fresh: bool = False) -> None:
        """Take the state folder, and stop what a killed process left running there.

        `start` does so too. `fresh` forgets all data.
        """
        require_free_disk(self.layout.root)
        self._get_supervisor(fresh=fresh)

    def start(self, names: Iterable[str], *, fresh: bool = False) -> None:
        """Start these parts and all that they need; return when they are ready.

        `setup` is implied by every deployable. `fresh` forgets all data first. Raises
        PartError when a part fails, leaving the others running until `close`.
        """
        self.hold(fresh=fresh)
        supervisor = self._running
        wanted = parts(names, self._prepare())
        new = [part for name, part in wanted.items() if name not in supervisor.names]
        require_free_ports(new)
        self._provide_for(new)
        supervisor.start(wanted)

    def start_part(self, name: str, environment: dict[str, str] | None = None) -> None:
        """Start one part again, its needs running; `environment` is added to its own.

        Raises LocalError where one of them does not run.
        """
        part = parts([name], self._prepare())[name]
        if environment:
            part = part.with_environment(environment)
        self._provide_for([part])
        self._running.start({name: part})

    def start_job(self, name: str, arguments: Iterable[str]) -> None:
        """Run a deployable without a port once, beside the parts, its needs running."""
        self._running.start_job(declared_parts.job(name, arguments, self._prepare()))

    def end_of_job(self, name: str) -> int | None:
        """The exit code of a job that ended, told once; None while it runs."""
        return self._running.end_of_job(name)

    def environment(self, name: str) -> dict[str, str]:
        """All environment variables of a part, for a caller who starts the process himself."""
        environment = self._prepare().of(name)
        self.layout.temporary_of(name).mkdir(exist_ok=True)
        return environment

    def stop(self, *names: str) -> None:
        """Stop parts gracefully and wait for their end."""
        self._running.stop(*names)

    def kill(self, name: str) -> None:
        """SIGKILL a part with all its processes."""
        self._running.kill(name)

    def pause(self, name: str) -> None:
        """SIGSTOP all processes of a part: it holds its connections and answers nothing."""
        self._running.signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused part go on."""
        self._running.signal(name, signal.SIGCONT)

    def process_ids(self, name: str) -> list[int]:
        """Every process of a part that runs now."""
        return self._running.process_ids(name)

    def watch(self) -> None:
        """Start dead parts again whose pause is over, and return at once.

        Raises PartError if a part died and must not start again.
        """
        self._running.watch()

    def hurry(self) -> None:
        """For a signal handler: `close` then kills the parts at once."""
        if self._supervisor:
            self._supervisor.hurried = True

    def close(self) -> None:
        """Stop every part in reverse order and release the folder's lock. Safe to call again."""
        if self._supervisor:
            self._supervisor.close()
            self._supervisor = None
        self._held.close()

    @property
    def names(self) -> set[str]:
        """The parts that were started and not stopped since."""
        return self._supervisor.names if self._supervisor else set()

    @property
    def _running(self) -> Supervisor:
        return self._get_supervisor(fresh=False)

    def _get_supervisor(self, *, fresh: bool) -> Supervisor:
        """The first call locks the state folder and stops what a killed process left running."""
        if self._supervisor is None:
            self.layout.create()
            lock = self._held.enter_context(folder_lock.hold(self.layout))
            folder_lock.publish_settings(self.layout, self.settings)
            cleanup.stop_leftovers(self.layout.run)
            self.layout.empty_temporary()
            if fresh:
                self.layout.clear()
            self._supervisor = Supervisor(
                self.layout, self._report, lock=lock, restarts=self._restarts
            )
        return self._supervisor

    def _prepare(self) -> Environments:
        if self._environments is None:
            self.layout.create()
            java = choose_java(self.settings.java, os.environ, self.layout.cache)
            credentials = load_credentials(self.layout.secrets)
            mongo_url = f"mongodb://{HOST}:{self.settings.mongo_port}"
            write_secret(self.layout.secrets / "mongo_url", mongo_url)
            self._environments = Environments(self.settings, self.layout, credentials, java)
        return self._environments

    def _provide_for(self, wanted: Sequence[Part]) -> None:
        """What these must find when they start."""
        if any(part.name in airflow.COMMANDS for part in wanted):
            airflow.make_home(self.layout)
        sets = {JAR_SETS[part.name] for part in wanted if part.name in JAR_SETS}
        jars.fetch(jars.locked_jars(sets), self.layout.cache / "jars", self._jar_progress)
