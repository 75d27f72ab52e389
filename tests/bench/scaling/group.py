"""Consumer groups in discrete time, many at once: the rows are groups with a scaler each."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tests.bench.scaling.assignment import Ints, sticky
from tests.bench.scaling.traces import STEP_SECONDS, Floats
from tests.bench.scaling.world import World

# How long a partition that moves from one consumer to another is not read.
REBALANCE_SECONDS: Final = 10
# The commits of one consumer are so far from those of the next, as a share of the interval.
PHASE: Final = 0.618


@dataclass(frozen=True)
class Offsets:
    """What a broker answers, by group and partition."""

    end: Ints
    committed: Ints


class Groups:
    """As many groups as there are worlds given, all of one cell."""

    def __init__(self, worlds: list[World], replicas: int) -> None:
        cell = worlds[0].cell
        self._worlds, self._cell = worlds, cell
        self._trace = worlds[0].trace
        self._sinks = np.stack([world.trace.sink for world in worlds])[:, :, None]
        distinct = list(dict.fromkeys(worlds))
        self._seed = np.array([distinct.index(world) for world in worlds])
        self._produced = np.stack([world.produced for world in distinct])
        self._speeds = np.stack([world.speeds for world in distinct])
        count, partitions, slots = len(worlds), cell.partitions, worlds[0].slots
        self._rows = np.arange(count)[:, None]
        self._columns = np.arange(partitions)[None, :]
        self._processed = np.zeros((count, partitions))
        self._committed = np.zeros((count, partitions))
        self._oldest = np.zeros((count, partitions), dtype=np.int64)
        self._owners = np.full((count, partitions), -1)
        self._paused_until = np.zeros((count, partitions))
        self._ready_at = np.full((count, slots), np.inf)
        self._started = np.zeros(count, dtype=np.int64)
        self._members: list[list[int]] = [[] for _ in worlds]
        phases = (np.arange(slots) * PHASE % 1) * cell.commit_seconds
        self._phases = np.append(phases, 0.0)
        self.replicas = np.zeros(count, dtype=np.int64)
        self.ready = np.zeros(count, dtype=np.int64)
        self.step = 0
        self.scale(np.full(count, replicas))

    @property
    def seconds(self) -> int:
        return self.step * STEP_SECONDS

    def offsets(self) -> Offsets:
        return Offsets(self._end().astype(np.int64), np.floor(self._committed).astype(np.int64))

    def rebalancing(self) -> NDArray[np.bool_]:
        return np.asarray((self._paused_until > self.seconds).any(axis=1))

    def scale(self, replicas: Ints) -> None:
        """Ask for so many consumers: new ones start, the last ones leave at once."""
        for row in np.flatnonzero(replicas != self.replicas):
            before, after = int(self.replicas[row]), int(replicas[row])
            for slot in range(before, after):
                delays = self._worlds[row].start_up_seconds
                self._ready_at[row, slot] = self.seconds + delays[self._started[row] % len(delays)]
                self._started[row] += 1
            self._ready_at[row, after:] = np.inf
        self.replicas = replicas.copy()
        self._join()

    def advance(self) -> Floats:
        """One step. How old the oldest unread record of each group is then, in seconds."""
        self._consume()
        self._commit()
        self.step += 1
        self._join()
        return self._ages()

    def _end(self) -> Floats:
        return np.asarray(self._produced[self._seed, self.step])

    def _consume(self) -> None:
        available = self._produced[self._seed, self.step + 1] - self._processed
        available[self._paused_until > self.seconds] = 0
        available[self._owners < 0] = 0
        if self._trace.is_poisoned_at(self.step):
            available[:, 0] = 0
        taken = self._shared(available)
        self._processed += taken * self._sink_share(taken)

    def _shared(self, available: Floats) -> Floats:
        """Each consumer's step, evenly over its partitions that have records; what these do not
        need goes to the others."""
        slots = self._speeds.shape[2] + 1
        flat = (self._rows * slots + self._owners % slots).ravel()
        budget = np.append(self._speeds[self._seed, self.step], np.zeros((len(available), 1)), 1)
        budget = budget.ravel()

        def by_consumer(values: Floats) -> Floats:
            return np.bincount(flat, values.ravel(), minlength=len(budget))

        even = budget / np.maximum(by_consumer((available > 0).astype(float)), 1)
        first = np.minimum(available, even[flat].reshape(available.shape))
        rest = available - first
        left = budget - by_consumer(first)
        share = np.clip(left / np.maximum(by_consumer(rest), 1e-9), 0.0, 1.0)
        return np.asarray(first + rest * share[flat].reshape(available.shape))

    def _sink_share(self, taken: Floats) -> Floats | float:
        sink = self._sinks[:, self.step % self._sinks.shape[1]]
        if np.isinf(sink).all():
            return 1.0
        most = sink * self._cell.capacity * self._cell.partitions * STEP_SECONDS
        return np.asarray(
            np.minimum(1.0, most / np.maximum(taken.sum(axis=1, keepdims=True), 1e-9))
        )

    def _commit(self) -> None:
        phases = self._phases[self._owners]
        due = (self.seconds + phases) % self._cell.commit_seconds < STEP_SECONDS
        due &= self._owners >= 0
        self._committed = np.where(due, self._processed, self._committed)

    def _join(self) -> None:
        ready = self._ready_at <= self.seconds
        count = ready.sum(axis=1)
        for row in np.flatnonzero((count != self.ready) | self._has_left(ready)):
            self._rebalance(int(row), list(np.flatnonzero(ready[row])))
        self.ready = count

    def _has_left(self, ready: NDArray[np.bool_]) -> NDArray[np.bool_]:
        owned = np.take_along_axis(ready, np.maximum(self._owners, 0), axis=1)
        return np.asarray((~owned & (self._owners >= 0)).any(axis=1))

    def _rebalance(self, row: int, members: list[int]) -> None:
        """What moves is committed by who gives it up, and rests until its next owner has it."""
        owners = sticky(self._owners[row], members)
        moved = owners != self._owners[row]
        self._committed[row, moved] = self._processed[row, moved]
        self._paused_until[row, moved] = self.seconds + REBALANCE_SECONDS
        self._owners[row] = owners

    def _ages(self) -> Floats:
        produced = self._produced
        last = produced.shape[1] - 1
        seed = self._seed[:, None]
        while True:
            after = np.minimum(self._oldest + 1, last)
            behind = (produced[seed, after, self._columns] <= self._processed + 1e-6) & (
                self._oldest < self.step
            )
            if not behind.any():
                break
            self._oldest += behind
        ages = (self.step - self._oldest) * float(STEP_SECONDS)
        if self._trace.poisoned.any():
            ages = ages[:, 1:]
        return np.asarray(ages.max(axis=1))
