"""From two rounds of offsets: what arrived, what was consumed, what waits, what is stuck."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final, TypeAlias

from lag_scaler.law.observation import PartitionOffsets

# A partition whose commits rest for longer than both of these, while records arrive, is stuck: it
# is reported, and no sign of too few consumers.
STUCK_SECONDS: Final = 120.0
STUCK_INTERVALS: Final = 2.5
# A commit is a little behind what is read; and a transaction's marker is an offset without record.
GRACE_SECONDS: Final = 2.0
MARKERS: Final = 2

Key: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of a partition.

    `backlog` is what the last commit left, of the records that were there a round before it and
    a little longer.
    `waiting_since` is when records first arrived after that commit, None while there are none.
    """

    end: int
    committed: int | None
    backlog: int
    moved_at: float
    waiting_since: float | None


@dataclass(frozen=True, slots=True)
class RoundTime:
    """When the round is, how long after the last one, and the group's usual commit interval."""

    at: float
    elapsed: float
    commit_seconds: float

    @property
    def stuck_seconds(self) -> float:
        return max(STUCK_SECONDS, STUCK_INTERVALS * self.commit_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A commit that moved: how many offsets, between the commit before it and this one, and
    whether it left a backlog, so that the consumer was busy all the time."""

    offsets: int
    began_at: float
    seconds: float
    was_busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Sums over the partitions in one round. `lag` is all that is not committed, `backlog` what
    is more than the commit interval, without stuck partitions. `lagging` of
    `moving` partitions have a backlog; `spread` is their number by weight."""

    lag: int
    arrived: int
    backlog: int
    spread: float
    lagging: int
    moving: int
    moves: tuple[Move, ...]
    stuck: tuple[str, ...]

    @property
    def commit_seconds(self) -> float | None:
        """How long a commit of this round took to follow on the one before it."""
        return median(move.seconds for move in self.moves) if self.moves else None


def read(
    partitions: Iterable[PartitionOffsets], tracks: Mapping[Key, Track], round_: RoundTime
) -> tuple[Reading, dict[Key, Track]]:
    """What this round's offsets say beside the last round's, and what to remember of them."""
    offsets = {(p.topic, p.partition): p for p in partitions}
    following = {key: _follow(p, tracks.get(key), round_) for key, p in offsets.items()}
    stuck = {key for key, track in following.items() if _is_stuck(track, round_)}
    moving = following.keys() - stuck
    known = {key: tracks[key] for key in following if _continues(offsets[key], tracks.get(key))}
    moves = (_move(known[key], following[key], round_) for key in known)
    backlogs = [following[key].backlog for key in moving]
    reading = Reading(
        lag=sum(lag(p) for p in offsets.values()),
        arrived=sum(following[key].end - track.end for key, track in known.items()),
        backlog=sum(backlogs),
        spread=_spread(backlogs),
        lagging=sum(backlog > 0 for backlog in backlogs),
        moving=len(moving),
        moves=tuple(move for move in moves if move),
        stuck=tuple(_name(key) for key in sorted(stuck)),
    )
    return reading, following


def lag(partition: PartitionOffsets) -> int:
    """Offsets that are still to be read. Without a commit it cannot be known: the group may begin
    at either end. A commit outside the log is of a topic that was deleted, or of expired records.
    """
    if partition.committed is None:
        return 0
    return max(0, partition.end - max(partition.start, partition.committed))


def _continues(partition: PartitionOffsets, track: Track | None) -> bool:
    """Whether it is the log that was seen before: one created anew begins again at 0."""
    return track is not None and partition.end >= track.end


def _follow(partition: PartitionOffsets, track: Track | None, round_: RoundTime) -> Track:
    waiting = lag(partition)
    if track is None or not _continues(partition, track):
        return Track(partition.end, partition.committed, 0, round_.at, None)
    if partition.committed != track.committed:
        left = _left(waiting, partition.end - track.end, round_.elapsed)
        return Track(partition.end, partition.committed, left, round_.at, None)
    since = track.waiting_since
    if is_read(partition):
        since = None
    elif since is None and partition.end > track.end:
        since = round_.at - round_.elapsed
    backlog = min(track.backlog, waiting)
    return Track(partition.end, partition.committed, backlog, track.moved_at, since)


def _left(waiting: int, arrived: int, elapsed: float) -> int:
    """What a commit leaves, without what may have come after it was made."""
    grace = 1 + GRACE_SECONDS / elapsed if elapsed > 0 else 1.0
    return max(0, waiting - int(arrived * grace) - MARKERS)


def is_read(partition: PartitionOffsets) -> bool:
    """Whether no record is left; without a commit, whether the log is empty."""
    return (partition.committed or 0) >= partition.end or partition.start >= partition.end


def _move(before: Track, after: Track, round_: RoundTime) -> Move | None:
    """The forward move of a commit that had something to wait for, or was due every round."""
    if before.committed is None or after.committed is None or after.committed <= before.committed:
        return None
    began_at = before.moved_at if before.waiting_since else round_.at - round_.elapsed
    return Move(
        offsets=after.committed - before.committed,
        began_at=began_at,
        seconds=round_.at - began_at,
        was_busy=after.backlog > 0,
    )


def _is_stuck(track: Track, round_: RoundTime) -> bool:
    since = track.waiting_since
    return since is not None and round_.at - since >= round_.stuck_seconds


def _spread(backlogs: list[int]) -> float:
    """The number of equal backlogs that would be as concentrated (the inverse Simpson index)."""
    squares = sum(backlog * backlog for backlog in backlogs)
    return sum(backlogs) ** 2 / squares if squares else 0.0


def _name(key: Key) -> str:
    topic, partition = key
    return f"{topic}/{partition}"
