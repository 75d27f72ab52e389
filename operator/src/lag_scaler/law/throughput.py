"""What the group consumes a second, measured from commit to commit while nothing changes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from lag_scaler.law.offsets import Move, Reading

# So many of the moving partitions must have a backlog to speak for all consumers.
SATURATED_SHARE: Final = 0.5
MEASURED_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which as many consumers ran, all of them busy or not.

    `covered_seconds` is the time between the commits that count, summed over the partitions.
    """

    since: float
    ready: int
    saturated: bool
    consumed: int = 0
    covered_seconds: float = 0.0
    partitions: int = 0

    @property
    def seconds(self) -> float:
        """For how long the consumption was measured, on average over the partitions."""
        return self.covered_seconds / self.partitions if self.partitions else 0.0

    @property
    def throughput(self) -> float | None:
        """Records a second of the whole group, None until there is enough to measure."""
        return self.consumed / self.seconds if self.seconds >= MEASURED_SECONDS else None


def is_saturated(reading: Reading) -> bool:
    """Whether every consumer has more to do than it does."""
    return reading.moving > 0 and reading.lagging >= SATURATED_SHARE * reading.moving


def updated_episode(
    episode: Episode | None, reading: Reading, *, at: float, ready: int, rebalancing: bool
) -> Episode:
    """The episode with this round in it, or a new one where the consumers or their load changed."""
    saturated = is_saturated(reading)
    begun = Episode(at, ready, saturated, partitions=reading.moving)
    if episode is None or rebalancing or episode.seconds > LONGEST_SECONDS:
        return begun
    if (episode.ready, episode.saturated) != (ready, saturated):
        return begun
    return _with_moves(episode, reading.moves, moving=reading.moving)


def _with_moves(episode: Episode, moves: Iterable[Move], *, moving: int) -> Episode:
    within = [
        move
        for move in moves
        if move.began_at >= episode.since and (move.was_busy or not episode.saturated)
    ]
    return replace(
        episode,
        consumed=episode.consumed + sum(move.offsets for move in within),
        covered_seconds=episode.covered_seconds + sum(move.seconds for move in within),
        partitions=moving,
    )
