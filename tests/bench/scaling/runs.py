"""Runs of groups under a scaler: lag-scaler's law, or KEDA with an autoscaler."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import numpy as np
from tests.bench.scaling.assignment import Ints
from tests.bench.scaling.group import Groups
from tests.bench.scaling.keda import SYNC_SECONDS, Autoscaler, KafkaScaler, Trigger
from tests.bench.scaling.traces import STEP_SECONDS, Floats
from tests.bench.scaling.world import World

from lag_scaler.law import (
    Observation,
    PartitionOffsets,
    ScalerState,
    ScalingPolicy,
    decide,
)
from lag_scaler.settings import Settings

ROUND_SECONDS: Final = int(Settings.model_fields["interval_seconds"].default)
START: Final = datetime(2026, 11, 30, tzinfo=UTC)
TOPIC: Final = "eventos_clientes"

Scaler: TypeAlias = Callable[[Groups], Ints]


@dataclass(frozen=True)
class Course:
    """What happened, by step and group: the age of the oldest unread record in seconds, and the
    replicas that were asked for."""

    ages: Floats
    replicas: Ints


def run(worlds: list[World], scaler: Scaler, *, every_seconds: int, replicas: int) -> Course:
    """Run the groups from `replicas` starting consumers to the end of their trace."""
    groups = Groups(worlds, replicas)
    steps = worlds[0].trace.steps
    ages = np.zeros((steps, len(worlds)))
    asked = np.zeros((steps, len(worlds)), dtype=np.int64)
    for step in range(steps):
        ages[step] = groups.advance()
        if groups.seconds % every_seconds < STEP_SECONDS:
            groups.scale(scaler(groups))
        asked[step] = groups.replicas
    return Course(ages, asked)


def run_full(worlds: list[World]) -> Course:
    """One consumer for each partition all the time: the least lag that there can be."""
    partitions = worlds[0].cell.partitions
    return run(
        worlds, lambda groups: groups.replicas, every_seconds=ROUND_SECONDS, replicas=partitions
    )


def run_law(worlds: list[World], policy: ScalingPolicy, *, replicas: int) -> Course:
    """The law, with nothing learnt before."""
    states = [ScalerState.empty() for _ in worlds]

    def scaler(groups: Groups) -> Ints:
        offsets, rebalancing = groups.offsets(), groups.rebalancing()
        wanted = groups.replicas.copy()
        for row, state in enumerate(states):
            observation = _observation(
                groups, row, offsets.end[row], offsets.committed[row], bool(rebalancing[row])
            )
            decision, states[row] = decide(observation, state, policy)
            wanted[row] = decision.replicas
        return wanted

    return run(worlds, scaler, every_seconds=ROUND_SECONDS, replicas=replicas)


def _observation(
    groups: Groups, row: int, end: Ints, committed: Ints, rebalancing: bool
) -> Observation:
    offsets = zip(end.tolist(), committed.tolist(), strict=True)
    return Observation(
        at=START + timedelta(seconds=groups.seconds),
        partitions=tuple(
            PartitionOffsets(topic=TOPIC, partition=n, start=0, end=e, committed=c)
            for n, (e, c) in enumerate(offsets)
        ),
        replicas=int(groups.replicas[row]),
        ready=int(groups.ready[row]),
        rebalancing=rebalancing,
    )


def run_keda(
    worlds: list[World], triggers: list[Trigger], policy: ScalingPolicy, *, replicas: int
) -> list[Course]:
    """Each trigger with each world, all at once; a course per trigger."""
    everyone = [world for _ in triggers for world in worlds]
    kinds = [_kind(trigger) for trigger in triggers for _ in worlds]
    thresholds = np.array([int(t.lag_threshold) for t in triggers for _ in worlds])
    rows = {kind: np.flatnonzero([k == kind for k in kinds]) for kind in dict.fromkeys(kinds)}
    scalers = {
        kind: KafkaScaler(
            Trigger(
                lag_threshold=thresholds[of_kind],
                exclude_persistent_lag=kind[0],
                even_distribution=kind[1],
            )
        )
        for kind, of_kind in rows.items()
    }
    most = min(policy.max_replicas, worlds[0].slots)
    autoscaler = Autoscaler(thresholds, policy.min_replicas, most)

    def scaler(groups: Groups) -> Ints:
        offsets = groups.offsets()
        lag = np.zeros(len(everyone), dtype=np.int64)
        for kind, of_kind in rows.items():
            metric = scalers[kind].poll(offsets.end[of_kind], offsets.committed[of_kind])
            lag[of_kind] = metric.lag
        return autoscaler.sync(lag, groups.replicas)

    course = run(everyone, scaler, every_seconds=SYNC_SECONDS, replicas=replicas)
    count = len(worlds)
    return [_part(course, slice(n * count, (n + 1) * count)) for n in range(len(triggers))]


def _kind(trigger: Trigger) -> tuple[bool, bool]:
    return trigger.exclude_persistent_lag, trigger.even_distribution


def _part(course: Course, rows: slice) -> Course:
    return Course(course.ages[:, rows], course.replicas[:, rows])
