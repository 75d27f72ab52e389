"""What kopf calls. There are no finalizers, timers or annotations, so that nothing of the operator
stands in an object that outlives it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

import kopf

from lag_scaler.kubernetes_api import log_in
from lag_scaler.liveness import WATCH_CHECK_SECONDS, Liveness
from lag_scaler.report import Announcement
from lag_scaler.running_scalers import RunningScalers
from lag_scaler.settings import Settings
from lag_scaler.spec import GROUP, PLURAL, VERSION, Mode, Target
from service_runtime.errors import PermanentError, TransientError

_BEAT_SECONDS: Final = 1.0
_THREADS: Final = 256


def kopf_settings(settings: Settings) -> kopf.OperatorSettings:
    """For one namespace, without rights beyond it, and with an end to every wait."""
    made = kopf.OperatorSettings()
    made.scanning.disabled = True
    made.peering.standalone = True
    made.networking.request_timeout = 2 * settings.request_timeout_seconds
    made.networking.connect_timeout = settings.request_timeout_seconds
    # Without these a watch whose connection is lost may wait for ever (nolar/kopf#585, #957).
    made.watching.connect_timeout = settings.request_timeout_seconds
    made.watching.server_timeout = 300
    made.watching.client_timeout = 330
    made.process.ultimate_exiting_timeout = 20
    made.posting.reporting_component = "lag-scaler"
    made.posting.reporting_instance = settings.identity
    made.posting.event_name_prefix = "lag-scaler-"
    return made


def announce(body: Mapping[str, Any], announcement: Announcement) -> None:
    """Post an event about an object; the API server being away delays it and nothing else."""
    kopf.event(
        cast(kopf.Body, body),
        type=announcement.type,
        reason=announcement.reason,
        message=announcement.message,
    )


def register(scalers: RunningScalers, liveness: Liveness) -> kopf.OperatorRegistry:
    """The handlers over these scalers."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(log_in)
    background: list[asyncio.Task[None]] = []

    @kopf.on.startup(registry=registry)
    async def start(**_: Any) -> None:
        # So many that the threads which wait for a broker that hangs keep no other waiting.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
        background.append(asyncio.create_task(_beat(liveness), name="the beat"))
        background.append(asyncio.create_task(_compare(scalers), name="the check of the watch"))
        for task in background:
            liveness.needs(task)

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        for task in background:
            task.cancel()
        await scalers.stop()

    @kopf.index(GROUP, VERSION, PLURAL, id="acting", registry=registry)
    def acting(name: str, spec: kopf.Spec, **_: Any) -> dict[tuple[str, str, str], str] | None:
        acts = spec.get("mode") == Mode.ACT
        return {Target.model_validate(spec["target"]).key: name} if acts else None

    @kopf.on.event(GROUP, VERSION, PLURAL, id="changed", registry=registry)
    async def changed(type: str, name: str, body: kopf.Body, **indices: Any) -> None:
        if type == "DELETED":
            await scalers.hide(name)
        else:
            await scalers.show(dict(body), indices["acting"])

    return registry


async def _beat(liveness: Liveness) -> None:
    while True:
        liveness.beat()
        await asyncio.sleep(_BEAT_SECONDS)


async def _compare(scalers: RunningScalers) -> None:
    while True:
        try:
            await scalers.compare_watch()
        except (TransientError, PermanentError):
            # An API server that is away says nothing of the watch.
            await asyncio.sleep(_BEAT_SECONDS)
        else:
            await asyncio.sleep(WATCH_CHECK_SECONDS)
