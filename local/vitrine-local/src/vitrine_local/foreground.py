"""Runs the platform in this process until a signal stops it, and prints what happens."""

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from vitrine_local import airflow, airflow_start
from vitrine_local.demo_jobs import DemoJobs, are_wanted
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.platform import LocalPlatform
from vitrine_local.restarts import Restarts
from vitrine_local.settings import Settings

_WATCH_SECONDS = 0.2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(settings: Settings, names: Sequence[str], *, fresh: bool) -> int:
    """Run these parts until a signal comes, and start dead ones again; returns the exit code.

    0 after SIGINT, SIGTERM or SIGHUP, 1 when something failed. A second signal stops at once.
    """
    platform = LocalPlatform(
        settings, report=_say_ready, jar_progress=say_jars, restarts=Restarts(_say_what)
    )
    failed = False
    with _signals(platform):
        try:
            started = _start(platform, names, fresh=fresh)
            jobs = DemoJobs(platform, _say_what) if are_wanted(started) else None
            while True:
                platform.watch()
                if jobs:
                    jobs.watch()
                time.sleep(_WATCH_SECONDS)
        except KeyboardInterrupt:
            pass
        except LocalError as error:
            failed = True
            complain(error)
        finally:
            _stop(platform)
    return 1 if failed else 0


def ready_file(layout: Layout) -> Path:
    """A file that exists while every part is ready."""
    return layout.run / "ready"


def complain(error: LocalError) -> None:
    """One line on standard error, and the end of the log where a part failed."""
    with suppress(OSError):
        print(f"vitrine: {error}", *getattr(error, "tail", ()), sep="\n    ", file=sys.stderr)


def say_jars(done: int, of: int) -> None:
    """A line for every tenth jar and the last."""
    if done == of or done % 10 == 0:
        _say(f"{'jars':<17} {done} of {of} fetched")


def _start(platform: LocalPlatform, names: Sequence[str], *, fresh: bool) -> Sequence[str]:
    """Returns what it started: all but Airflow where that cannot run."""
    began = time.monotonic()
    others = [name for name in names if name not in airflow.PARTS]
    platform.hold(fresh=fresh)
    with_airflow = others != list(names) and airflow_start.is_possible(platform, _say_what)
    platform.start(others)
    _say(f"everything is ready after {time.monotonic() - began:.1f} s")
    if "analytics-api" in names:
        _say(f"the shop, live: {platform.settings.url_of('analytics-api')}")
    if "shop-simulator" in names:
        _say(f"Loja de demonstração: {platform.settings.url_of('shop-simulator')}")
    with_airflow = with_airflow and airflow_start.start(platform, others, _say, _say_what)
    ready_file(platform.layout).touch()
    return names if with_airflow else others


def _stop(platform: LocalPlatform) -> None:
    running = platform.names
    if running:
        _say(f"stopping {len(running)} parts")
        ready_file(platform.layout).unlink(missing_ok=True)
    platform.close()
    if running:
        _say("stopped")


@contextmanager
def _signals(platform: LocalPlatform) -> Iterator[None]:
    """The first signal interrupts, the next ones hurry."""
    interrupted = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            platform.hurry()
            return
        interrupted = True
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    with suppress(OSError):  # a full disk or a closed terminal keeps nothing from being stopped
        print(text, flush=True)


def _say_ready(name: str, seconds: float) -> None:
    _say(f"{name:<17} ready {seconds:6.1f} s")


def _say_what(name: str, what: str) -> None:
    _say(f"{name:<17} {what}")
