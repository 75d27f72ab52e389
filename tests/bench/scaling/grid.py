"""The grid: every cell with the law and with KEDA, at its default and tuned for the cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from tests.bench.scaling.figures import Figures, figures, ideal_replicas, mean
from tests.bench.scaling.keda import Trigger
from tests.bench.scaling.runs import run_full, run_keda, run_law
from tests.bench.scaling.traces import TRACES
from tests.bench.scaling.world import Cell, World

from lag_scaler.law import ScalingPolicy

CAPACITIES: Final = (50.0, 500.0, 5000.0)
PARTITIONS: Final = (6, 12, 24)
COMMITS: Final = (5, 15, 60)
SEEDS: Final = (1, 2, 3, 4, 5)
# The one configuration of the law, for all cells.
POLICY: Final = ScalingPolicy(max_replicas=100)
# KEDA's thresholds are swept in seconds of one consumer's work.
SWEEP_SECONDS: Final = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# What tuning may spend, times the ideal's replica-hours.
COST_BOUND: Final = 1.5


@dataclass(frozen=True)
class Result:
    """Of one cell, the means over its seeds; `full` is of one consumer for each partition."""

    cell: Cell
    full: Figures
    law: Figures
    default: Figures
    tuned: Figures
    trigger: Trigger


def cells() -> Iterator[Cell]:
    """All of the grid."""
    for trace, capacity, partitions, commit in product(TRACES, CAPACITIES, PARTITIONS, COMMITS):
        yield Cell(trace, capacity, partitions, commit)


def compared(cell: Cell, seeds: tuple[int, ...] = SEEDS) -> Result:
    """The law, KEDA and a consumer for each partition on the same worlds."""
    worlds = [World(cell, seed) for seed in seeds]
    replicas = int(ideal_replicas(worlds[0].trace, cell.partitions)[0])
    law = run_law(worlds, POLICY, replicas=replicas)
    triggers = [Trigger(), *_swept(cell)]
    courses = run_keda(worlds, triggers, POLICY, replicas=replicas)
    of_triggers = [mean(figures(course, worlds)) for course in courses]
    best = _best(of_triggers)
    return Result(
        cell=cell,
        full=mean(figures(run_full(worlds), worlds)),
        law=mean(figures(law, worlds)),
        default=of_triggers[0],
        tuned=of_triggers[best],
        trigger=triggers[best],
    )


def _swept(cell: Cell) -> Iterator[Trigger]:
    for seconds in SWEEP_SECONDS:
        threshold = max(1, round(seconds * cell.capacity))
        yield Trigger(lag_threshold=threshold)
        yield Trigger(lag_threshold=threshold, exclude_persistent_lag=True)
        yield Trigger(lag_threshold=threshold, even_distribution=True)


def _best(of_triggers: list[Figures]) -> int:
    """The least p99 lag within the cost bound; where none is within it, the cheapest."""
    affordable = [n for n, f in enumerate(of_triggers) if f.cost <= COST_BOUND]
    if not affordable:
        return min(range(len(of_triggers)), key=lambda n: of_triggers[n].cost)
    return min(affordable, key=lambda n: (of_triggers[n].p99_lag_seconds, of_triggers[n].events))
