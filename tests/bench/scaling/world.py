"""What happens to a group whatever its scaler does: arrivals, speeds and delays, by a seed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from tests.bench.scaling.traces import STEP_SECONDS, TRACES, Floats, Trace

ARRIVAL_NOISE: Final = 0.1
SPEED_NOISE: Final = 0.05
PARTITION_SKEW: Final = 0.05
CONSUMER_SKEW: Final = 0.03
# The noise of the arrivals is alike from one step to the next.
MEMORY: Final = 0.7
SPARE_SLOTS: Final = 4
LEVELS: Final = (0.75, 1.05)


@dataclass(frozen=True)
class Cell:
    """One place of the grid; `capacity` is records a second of one consumer."""

    trace: str
    capacity: float
    partitions: int
    commit_seconds: int


@dataclass(frozen=True)
class World:
    """One cell with one seed."""

    cell: Cell
    seed: int

    @cached_property
    def trace(self) -> Trace:
        """The cell's trace, somewhat lower or higher: no load suits the whole partitions always."""
        random = np.random.default_rng([self.seed, 0])
        return TRACES[self.cell.trace]().scaled(random.uniform(*LEVELS))

    @cached_property
    def produced(self) -> Floats:
        """Records by step and partition since the beginning."""
        random = np.random.default_rng([self.seed, 1])
        steps, partitions = self.trace.steps, self.cell.partitions
        noise = _alike(random.normal(size=steps)) * ARRIVAL_NOISE
        skew = random.lognormal(sigma=PARTITION_SKEW, size=partitions)
        full = self.cell.capacity * self.cell.partitions * STEP_SECONDS
        mean = np.outer(self.trace.load * np.exp(noise) * full, skew / skew.sum())
        records = np.concatenate([np.zeros((1, partitions)), random.poisson(mean)])
        return records.cumsum(axis=0)

    @property
    def slots(self) -> int:
        """The most consumers there can be, a few more than partitions."""
        return self.cell.partitions + SPARE_SLOTS

    @cached_property
    def speeds(self) -> Floats:
        """What each consumer can do in each step."""
        random = np.random.default_rng([self.seed, 2])
        each = random.lognormal(sigma=CONSUMER_SKEW, size=self.slots)
        noise = random.lognormal(sigma=SPEED_NOISE, size=(self.trace.steps, self.slots))
        return each * noise * self.cell.capacity * STEP_SECONDS

    @cached_property
    def start_up_seconds(self) -> Floats:
        """How long each consumer takes to start, the n-th time that one is started."""
        random = np.random.default_rng([self.seed, 3])
        return random.choice([25.0, 30.0, 35.0], size=997)


def _alike(noise: Floats) -> Floats:
    """Noise that remembers, with the same variance."""
    result = noise.copy()
    for step in range(1, len(noise)):
        result[step] = MEMORY * result[step - 1] + (1 - MEMORY**2) ** 0.5 * noise[step]
    return result
