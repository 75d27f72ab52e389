"""A consumer group without noise that obeys the law, round by round."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from lag_scaler.law import (
    Decision,
    Observation,
    PartitionOffsets,
    ScalerState,
    ScalingPolicy,
    decide,
)

START = datetime(2026, 11, 27, 20, tzinfo=UTC)
ROUND_SECONDS = 10
TOPIC = "eventos_clientes"


class ScaledGroup:
    """Partitions get equal shares, commits come every round if no interval is given, new consumers
    start in 30 s.

    A consumer reads `capacity` records a second; `sink` is what all of them may write together.
    """

    def __init__(
        self,
        policy: ScalingPolicy,
        *,
        partitions: int,
        replicas: int,
        capacity: float = 100.0,
        commit_seconds: int = ROUND_SECONDS,
    ) -> None:
        self._commit_seconds, self._uncommitted_seconds = commit_seconds, 0
        self.policy, self.capacity, self.sink = policy, capacity, float("inf")
        self.at, self.state = START, ScalerState.empty()
        self.replicas = self.ready = replicas
        self.stuck: set[int] = set()
        self.decisions: list[Decision] = []
        self._ready_at = START
        self._end, self._read = [0.0] * partitions, [0.0] * partitions
        self._committed = list(self._read)

    @property
    def last(self) -> Decision:
        return self.decisions[-1]

    @property
    def scaled(self) -> list[int]:
        """The replicas after each change."""
        return [d.replicas for d in self.decisions if d.replicas != d.current]

    def run(self, seconds: int, *, arrival: float) -> list[Decision]:
        """So many seconds of rounds with so many records a second; the decisions of them."""
        decisions = [self._round(arrival) for _ in range(0, seconds, ROUND_SECONDS)]
        self.decisions += decisions
        return decisions

    def lose_data(self, seconds: int, *, arrival: float) -> list[Decision]:
        """The same, but nothing is seen of the offsets."""
        decisions = []
        for _ in range(0, seconds, ROUND_SECONDS):
            self._advance(arrival)
            decisions.append(self._decide(None))
        self.decisions += decisions
        return decisions

    def see(self, partitions: Iterable[PartitionOffsets]) -> Decision:
        """A round in which the partitions are as given."""
        self.at += timedelta(seconds=ROUND_SECONDS)
        return self._decide(list(partitions))

    def observation(self, partitions: Iterable[PartitionOffsets] | None) -> Observation:
        return Observation(
            at=self.at,
            partitions=None if partitions is None else tuple(partitions),
            problem="the broker did not answer" if partitions is None else None,
            replicas=self.replicas,
            ready=self.ready,
        )

    def offsets(self) -> list[PartitionOffsets]:
        pairs = enumerate(zip(self._end, self._committed, strict=True))
        return [
            PartitionOffsets(topic=TOPIC, partition=n, start=0, end=int(end), committed=int(done))
            for n, (end, done) in pairs
        ]

    def _round(self, arrival: float) -> Decision:
        self._advance(arrival)
        return self._decide(self.offsets())

    def _decide(self, offsets: list[PartitionOffsets] | None) -> Decision:
        decision, self.state = decide(self.observation(offsets), self.state, self.policy)
        if decision.replicas > self.replicas:
            self._ready_at = self.at + timedelta(seconds=30)
        self.replicas = decision.replicas
        self.ready = min(self.ready, self.replicas)
        return decision

    def _advance(self, arrival: float) -> None:
        self.at += timedelta(seconds=ROUND_SECONDS)
        if self.at >= self._ready_at:
            self.ready = self.replicas
        count = len(self._end)
        each = min(self.capacity * min(self.ready, count), self.sink) * ROUND_SECONDS / count
        for n in range(count):
            self._end[n] += arrival * ROUND_SECONDS / count
            if n not in self.stuck:
                self._read[n] += min(each, self._end[n] - self._read[n])
        self._uncommitted_seconds += ROUND_SECONDS
        if self._uncommitted_seconds >= self._commit_seconds:
            self._uncommitted_seconds = 0
            self._committed = list(self._read)
