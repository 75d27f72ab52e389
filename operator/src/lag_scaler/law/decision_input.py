"""What one round adds to the state, and the values that the decision is made from."""

from dataclasses import dataclass, replace
from math import exp
from typing import Final

from lag_scaler.law.arrival import updated_arrival
from lag_scaler.law.capacity import Capacity, updated_capacity
from lag_scaler.law.decision import Figures
from lag_scaler.law.need import Load, Need, compute_need
from lag_scaler.law.observation import Observation, PartitionOffsets
from lag_scaler.law.offsets import Reading, RoundTime, read
from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.state import ScalerState
from lag_scaler.law.steps import speed
from lag_scaler.law.throughput import Episode, updated_episode
from lag_scaler.law.trial import Verdict, is_pause_in_force, judge_trial
from lag_scaler.law.waiting import longest, updated_waiting
from lag_scaler.law.window import Window, updated_window

# The usual commit interval follows what is seen with this time constant.
COMMIT_MEMORY_SECONDS: Final = 300.0
# After a longer gap between two rounds, rates and window begin anew; the capacity stays,
# and so does what waits.
LONGEST_GAP_SECONDS: Final = 300.0
# Consumers that were never busy can do more than their measured rate, but seldom more than this
# many times as much.
BEYOND_MEASURED: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInput:
    """All that the rules look at."""

    at: float
    observation: Observation
    policy: ScalingPolicy
    reading: Reading
    load: Load
    need: Need | None
    capacity: Capacity
    episode: Episode
    window: Window
    verdict: Verdict | None
    is_paused: bool
    commit_seconds: float
    waiting_seconds: float

    @property
    def limit(self) -> int:
        """The most replicas that are of use and allowed, and never fewer than the minimum."""
        most = min(self.policy.max_replicas, self.load.partitions)
        return max(self.policy.min_replicas, most)

    @property
    def is_settled(self) -> bool:
        """Whether the replicas that were asked for run and have their partitions."""
        observation = self.observation
        return observation.ready == observation.replicas and not observation.rebalancing

    @property
    def is_over_objective(self) -> bool:
        return self.load.backlog_seconds > self.policy.max_lag_seconds

    @property
    def is_backlog_late(self) -> bool:
        """Whether commits are too rare to show a backlog within the objective."""
        return self.commit_seconds > self.policy.max_lag_seconds

    @property
    def is_overload_certain(self) -> bool:
        """Whether the backlog is over the objective, or will be: the expected rate is far above
        what the consumers were measured to do, and they are busy, or commits are too rare to
        show in time that they are."""
        if self.is_over_objective:
            return True
        measured = self.load.capacity * speed(self.load.ready, self.load.partitions)
        is_beyond = self.load.expected_rate > BEYOND_MEASURED * measured
        return is_beyond and (self.is_backlog_late or self.episode.saturated)

    @property
    def figures(self) -> Figures:
        return Figures(
            lag=self.reading.lag,
            lag_seconds=self.waiting_seconds,
            arrival_rate=self.load.arrival_rate,
            capacity_per_replica=self.capacity.per_replica,
            confidence=self.capacity.confidence,
            limit=self.limit,
            stuck=self.reading.stuck,
        )


def advance(
    observation: Observation,
    partitions: tuple[PartitionOffsets, ...],
    state: ScalerState,
    policy: ScalingPolicy,
) -> tuple[DecisionInput, ScalerState]:
    """The input of this round's decision, and the state with this round in it."""
    at = observation.at.timestamp()
    reading, state = _with_offsets(partitions, _without_old(state, at), at)
    ready, rebalancing = observation.ready, observation.rebalancing
    episode = updated_episode(state.episode, reading, at=at, ready=ready, rebalancing=rebalancing)
    is_paused = is_pause_in_force(state.pause, episode, at=at)
    capacity, state = _with_episode(episode, state, is_paused=is_paused)
    load = _load(observation, reading, state, capacity, policy)
    need = compute_need(load, policy)
    left = load.backlog_seconds
    waiting = updated_waiting(partitions, state.waiting, state.tracks, at=at, backlog_seconds=left)
    total, length = need.total if need else 0.0, policy.scale_down_window_seconds
    window = updated_window(state.window, total, at=at, seconds=length)
    inputs = DecisionInput(
        at=at,
        observation=observation,
        policy=policy,
        reading=reading,
        load=load,
        need=need,
        capacity=capacity,
        episode=episode,
        window=window,
        verdict=judge_trial(state.trial, episode, at=at) if state.trial else None,
        is_paused=is_paused,
        commit_seconds=state.commit_seconds,
        waiting_seconds=longest(waiting, at=at),
    )
    return inputs, replace(state, window=window, waiting=waiting)


def _with_episode(
    episode: Episode, state: ScalerState, *, is_paused: bool
) -> tuple[Capacity, ScalerState]:
    """The capacity as it is now, and a memory that keeps it of episodes that have ended only. What
    goes through a saturated sink teaches nothing."""
    if is_paused:
        return state.capacity, replace(state, episode=episode)
    stored, partitions = state.capacity, len(state.tracks)
    if state.episode and state.episode.since != episode.since:
        stored = updated_capacity(stored, state.episode, partitions=partitions)
    now = updated_capacity(stored, episode, partitions=partitions)
    return now, replace(state, episode=episode, capacity=stored)


def _without_old(state: ScalerState, at: float) -> ScalerState:
    if state.at is None or at - state.at <= LONGEST_GAP_SECONDS:
        return state
    return ScalerState(capacity=state.capacity, pause=state.pause, waiting=state.waiting)


def _with_offsets(
    partitions: tuple[PartitionOffsets, ...], state: ScalerState, at: float
) -> tuple[Reading, ScalerState]:
    elapsed = at - state.at if state.at is not None else 0.0
    reading, tracks = read(partitions, state.tracks, RoundTime(at, elapsed, state.commit_seconds))
    arrival = state.arrival
    if elapsed > 0:
        arrival = updated_arrival(arrival, reading.arrived / elapsed, elapsed=elapsed)
    return reading, replace(
        state,
        at=at,
        tracks=tracks,
        arrival=arrival,
        commit_seconds=_commit_seconds(state.commit_seconds, reading),
    )


def _commit_seconds(before: float, reading: Reading) -> float:
    """A sample counts for the time that it took: consumers that commit rarely are seen rarely."""
    sample = reading.commit_seconds
    if sample is None:
        return before
    if before <= 0:
        return sample
    return before + (sample - before) * (1 - exp(-sample / COMMIT_MEMORY_SECONDS))


def _load(
    observation: Observation,
    reading: Reading,
    state: ScalerState,
    capacity: Capacity,
    policy: ScalingPolicy,
) -> Load:
    arrival = state.arrival
    return Load(
        arrival_rate=state.arrival_rate,
        expected_rate=arrival.expected(policy.start_up_seconds) if arrival else 0.0,
        backlog=reading.backlog,
        spread=reading.spread,
        capacity=capacity.per_replica or 0.0,
        replicas=observation.replicas,
        ready=observation.ready,
        partitions=len(state.tracks),
    )
