"""How long records have waited for a commit. It is shown, and no decision is made of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lag_scaler.law.observation import PartitionOffsets
from lag_scaler.law.offsets import MARKERS, Key, Track, is_read, lag


@dataclass(frozen=True, slots=True)
class Waiting:
    """A partition with records that are not committed: the commit that they wait behind, and since
    when the oldest of them has waited, at the latest."""

    committed: int | None
    since: float


def updated_waiting(
    partitions: Iterable[PartitionOffsets],
    before: Mapping[Key, Waiting],
    tracks: Mapping[Key, Track],
    *,
    at: float,
    backlog_seconds: float,
) -> dict[Key, Waiting]:
    """What waits after this round, by its tracks.

    Time counts from when records were first seen, or from the partition's last commit if that is
    later. A commit that left a backlog left it as old as the group's is, `backlog_seconds`.
    """
    offsets = {(p.topic, p.partition): p for p in partitions}
    waiting = {}
    for key, partition in offsets.items():
        known, track = before.get(key), tracks[key]
        if known and known.committed == partition.committed and not is_read(partition):
            waiting[key] = known
        elif lag(partition) > MARKERS or track.waiting_since is not None:
            age = backlog_seconds if track.backlog > 0 else 0.0
            waiting[key] = Waiting(partition.committed, max(0.0, at - age))
    return waiting


def longest(waiting: Mapping[Key, Waiting], *, at: float) -> float:
    """The age in seconds of the oldest record that waits, 0 where none does."""
    return max((at - each.since for each in waiting.values()), default=0.0)
