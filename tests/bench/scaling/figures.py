"""What is measured of a course."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from tests.bench.scaling.assignment import Ints
from tests.bench.scaling.runs import Course
from tests.bench.scaling.traces import STEP_SECONDS, Floats, Trace
from tests.bench.scaling.world import World

from lag_scaler.law.steps import fitting

OBJECTIVE_SECONDS: Final = 30.0
# Everybody begins with an empty group and knows nothing: that time is not compared.
WARM_UP_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one course. `cost` is replica-hours over those of the ideal, who knows the load, needs
    no reserve and starts consumers in no time."""

    p99_lag_seconds: float
    minutes_over: float
    events: float
    reversals: float
    cost: float
    most: float


def figures(course: Course, worlds: list[World]) -> list[Figures]:
    """One for each column of the course, which is of one of the worlds."""
    first = WARM_UP_SECONDS // STEP_SECONDS
    columns = zip(course.ages[first:].T, course.replicas[first:].T, worlds, strict=True)
    return [_figures(ages, replicas, world, first) for ages, replicas, world in columns]


def _figures(ages: Floats, replicas: Ints, world: World, first: int) -> Figures:
    ideal = ideal_replicas(world.trace, world.cell.partitions)[first:]
    return Figures(
        p99_lag_seconds=float(np.percentile(ages, 99)),
        minutes_over=float((ages > OBJECTIVE_SECONDS).sum() * STEP_SECONDS / 60),
        events=float(np.count_nonzero(np.diff(replicas))),
        reversals=float(reversals(replicas)),
        cost=float(replicas.sum() / ideal.sum()),
        most=float(replicas.max()),
    )


def mean(parts: list[Figures]) -> Figures:
    """The mean of each figure."""
    names = Figures.__slots__
    return Figures(*(float(np.mean([getattr(part, name) for part in parts])) for name in names))


def reversals(replicas: Ints) -> int:
    """How often a change goes the other way than the one before it."""
    changes = np.diff(replicas)
    signs = np.sign(changes[changes != 0])
    return int(np.count_nonzero(np.diff(signs)))


def ideal_replicas(trace: Trace, partitions: int) -> Ints:
    """The fewest consumers that keep up, by step; a sink is not theirs to mend."""
    return np.array([max(1, fitting(load * partitions, partitions)) for load in trace.load])
