"""The loop of one StreamScaler: read, decide, act, report, and wait for the interval."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from lag_scaler.conflicts import conflict
from lag_scaler.kubernetes_api import StaleError, in_namespace
from lag_scaler.law import (
    Action,
    Decision,
    Observation,
    Reason,
    ScalerState,
    decide,
    not_carried_out,
)
from lag_scaler.observer import Observer
from lag_scaler.report import Cause, RoundResult, announced, announcements, status, tells_news
from lag_scaler.scale_target import ScaleTarget, TargetState
from lag_scaler.services import Services
from lag_scaler.spark_stream import SparkStream
from lag_scaler.spec import GROUP, PLURAL, VERSION, Mode, StreamScalerSpec, Target
from service_runtime.errors import PermanentError, TransientError
from service_runtime.failpoints import hit_failpoint

_log = logging.getLogger(__name__)

QUIET_ROUNDS: Final = 2
"""Rounds after a start in which nothing is written: what was learnt is old, rates not yet known."""


class Scaler:
    """The loop of one object; `update` gives it the newest object."""

    def __init__(
        self,
        services: Services,
        body: Mapping[str, Any],
        spec: StreamScalerSpec,
        others: Callable[[Target], frozenset[str]],
    ) -> None:
        namespace = services.settings.namespace
        self.name: str = body["metadata"]["name"]
        self._services = services
        self._others = others
        self._target = _target_of(services, spec.target)
        self._observer = Observer(
            services.kubernetes,
            services.kafka,
            namespace,
            timeout_seconds=services.settings.request_timeout_seconds,
        )
        self._status: Mapping[str, Any] = body.get("status") or {}
        self._state = ScalerState.from_document(self._status.get("state") or {})
        self._written = float("-inf")
        self._scaled_at: datetime | None = None
        self._rounds = 0
        self.ended_round = time.monotonic()
        """When its last round ended, by the monotonic clock."""
        self._body, self._spec = body, spec

    def update(self, body: Mapping[str, Any], spec: StreamScalerSpec) -> None:
        """Use the object as it is now. Another source begins with an empty state."""
        if self._rounds and spec.source != self._spec.source:
            self._state = ScalerState.empty()
        self._body, self._spec = body, spec

    async def run(self) -> None:
        """Repeat rounds until cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self._round()
            except (TransientError, PermanentError) as error:
                self._services.metrics.failed(self.name)
                _log.warning("%s: %s", self.name, error)
            self.ended_round = time.monotonic()
            pause = self._services.settings.interval_seconds - (self.ended_round - began)
            await asyncio.sleep(max(0.0, pause))

    async def _round(self) -> None:
        """Act and report only while this process holds the lease, and not in the first rounds."""
        result = await self._read_and_decide()
        holds_lease = await self._services.lease.held()
        self._rounds += 1
        if holds_lease and self._rounds > QUIET_ROUNDS:
            await self._report(await self._act(result))

    async def _read_and_decide(self) -> RoundResult:
        spec = self._spec
        result = RoundResult(
            at=datetime.now(UTC),
            generation=self._body["metadata"]["generation"],
            mode=spec.mode,
            state=self._state,
            state_when_done=self._state,
            scaled_at=self._scaled_at,
        )
        if spec.mode is not Mode.ACT:
            cause = Cause(f"Mode{spec.mode}", f"spec.mode is {spec.mode}.")
            result = replace(result, not_scaling=cause)
        try:
            target = await self._target.read()
            other = await self._conflict(max_age=self._services.settings.interval_seconds)
        except (TransientError, PermanentError) as error:
            cause = Cause("TargetUnreadable", f"{error}.")
            return replace(result, not_ready=cause, not_scaling=result.not_scaling or cause)
        return self._decide(await self._observe(target), replace(result, target=target), other)

    async def _observe(self, target: TargetState) -> Observation:
        """Dated after all was read: the rates are those of the offsets."""
        reading, problem = None, None
        try:
            reading = await self._observer.read(self._spec.source)
        except (TransientError, PermanentError) as error:
            problem = str(error)
        return Observation(
            at=datetime.now(UTC),
            partitions=reading.partitions if reading else None,
            problem=problem,
            replicas=target.replicas,
            ready=target.ready,
            rebalancing=reading is not None and reading.rebalancing,
        )

    def _decide(
        self, observation: Observation, result: RoundResult, other: str | None
    ) -> RoundResult:
        before = self._state
        decision, state = decide(observation, before, self._spec.policy)
        is_due = self._spec.mode is Mode.ACT and decision.action is not Action.HOLD
        self._state = not_carried_out(state, before=before) if is_due else state
        self._services.metrics.decided(self.name, decision)
        result = replace(result, decision=decision, state=self._state, state_when_done=state)
        if decision.figures.lag is None:
            result = replace(result, not_ready=Cause("NoData", decision.explanation))
        if decision.reason is Reason.SWITCHED_OFF and result.not_scaling is None:
            result = replace(result, not_scaling=Cause("SwitchedOff", decision.explanation))
        return result if other is None else _in_conflict(result, other)

    async def _conflict(self, *, max_age: float) -> str | None:
        foreign = await self._services.foreign.found(max_age=max_age)
        target = self._spec.target
        return conflict(target, foreign=foreign, others=self._others(target))

    async def _act(self, result: RoundResult) -> RoundResult:
        decision, target = result.decision, result.target
        if decision is None or target is None or result.not_scaling is not None:
            return result
        if decision.replicas == target.replicas:
            return result
        if (other := await self._conflict(max_age=0)) is not None:
            return _in_conflict(result, other)
        hit_failpoint("lag-scaler-decided")
        return await self._scale(result, decision, version=target.version)

    async def _scale(self, result: RoundResult, decision: Decision, *, version: str) -> RoundResult:
        try:
            await self._target.scale(decision.replicas, version=version)
        except StaleError as error:
            _log.info("%s: decides anew: %s", self.name, error)
            return result
        except PermanentError as error:
            return replace(result, not_scaling=Cause("ScalingRefused", f"{error}."))
        self._scaled_at = result.at
        if self._state is result.state:
            self._state = result.state_when_done
        self._services.metrics.scaled(self.name, decision)
        self._services.announce(self._body, announced(decision))
        _log.info(
            "%s: %s",
            self.name,
            decision.explanation,
            extra={
                "streamscaler": self.name,
                "reason": decision.reason,
                "from_replicas": decision.current,
                "to_replicas": decision.replicas,
            },
        )
        return replace(result, state=self._state, scaled_at=result.at)

    async def _report(self, result: RoundResult) -> None:
        document = status(result, self._status)
        now = time.monotonic()
        aged = now - self._written >= self._services.settings.status_seconds
        if not aged and not tells_news(document, self._status):
            return
        metadata = self._body["metadata"]
        path = in_namespace(
            f"{GROUP}/{VERSION}", self._services.settings.namespace, PLURAL, self.name, "status"
        )
        operations = [
            {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
            {"op": "add", "path": "/status", "value": document},
        ]
        await self._services.kubernetes.patch(path, operations)
        for announcement in announcements(result, document, self._status):
            self._services.announce(self._body, announcement)
        self._status, self._written = document, now


def _target_of(services: Services, target: Target) -> ScaleTarget | SparkStream:
    kubernetes, namespace = services.kubernetes, services.settings.namespace
    if target.is_spark_stream:
        return SparkStream(kubernetes, namespace, target)
    return ScaleTarget(kubernetes, namespace, target)


def _in_conflict(result: RoundResult, other: str) -> RoundResult:
    """Whoever only recommends may stand beside another scaler, to be compared with it."""
    result = replace(result, conflict=other)
    if result.mode is not Mode.ACT:
        return result
    cause = Cause("Conflict", other)
    return replace(result, not_ready=result.not_ready or cause, not_scaling=cause)
