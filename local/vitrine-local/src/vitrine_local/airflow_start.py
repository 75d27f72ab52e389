"""Starts Airflow after all else. Where that fails, it says what to do, and all else goes on."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from vitrine_local import airflow, declared_parts
from vitrine_local.commands import command
from vitrine_local.failure import LocalError, PartError
from vitrine_local.platform import LocalPlatform
from vitrine_local.preflight import require_free_ports_of

Tell = Callable[[str, str], None]
"""Called with the name of a part and with what happened."""

_FAILURES: Final = (LocalError, OSError)


def is_possible(platform: LocalPlatform, tell: Tell) -> bool:
    """Whether its packages, or uv to install them, and its ports are there; tells what is not.

    To be asked before all else starts, so that nobody waits for that in vain.
    """
    try:
        if not airflow.is_installed(platform.layout.cache):
            airflow.require_uv(platform.layout)
        for name in airflow.PARTS:
            require_free_ports_of(name, declared_parts.ports(platform.settings, name))
    except LocalError as error:
        tell("airflow", _without_it(platform, error))
        return False
    return True


def start(
    platform: LocalPlatform, others: Sequence[str], say: Callable[[str], None], tell: Tell
) -> bool:
    """Start it beside `others`, which run; whether it runs. If not, nothing of it is left."""
    began, before = time.monotonic(), platform.names
    try:
        airflow.install(platform.layout, say, meanwhile=platform.watch)
        platform.start([*others, *airflow.PARTS])
    except _FAILURES as error:
        platform.stop(*(platform.names - before))
        tell("airflow", _without_it(platform, error))
        return False
    say(f"Airflow is ready after {time.monotonic() - began:.1f} s")
    password = f"the password is in {airflow.password_file(platform.layout)}"
    say(f"Airflow: {airflow.url(platform.settings)}, user {airflow.USER}, {password}")
    if "shop-simulator" in others:
        _load_history(platform, others, tell)
    return True


def _load_history(platform: LocalPlatform, others: Sequence[str], tell: Tell) -> None:
    try:
        platform.start([*others, airflow.HISTORY])
    except _FAILURES as error:
        platform.stop(airflow.HISTORY)
        remedy = "Trigger the DAG `backfill` on Airflow's page, with the days as `de` and `ate`"
        tell(airflow.HISTORY, f"the past is not loaded: {_reason(platform, error)}. {remedy}")


def _without_it(platform: LocalPlatform, error: Exception) -> str:
    remedy = f"Mend that, then end all by `{command('down')}` and start again"
    return f"does not run: {_reason(platform, error)}. All else goes on without it. {remedy}"


def _reason(platform: LocalPlatform, error: Exception) -> str:
    log = f"; its log: {platform.layout.log(error.part)}" if isinstance(error, PartError) else ""
    return f"{error}{log}"
