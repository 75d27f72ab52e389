"""What the tasks of a micro-batch staged, put together as the batch that is loaded."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import zip_longest

from stream_processor.staging_task import StagedPart
from warehouse.feeds.feed import Bounds
from warehouse.ledger import GapError, OffsetRange
from warehouse.load import Slice, StagedBatch, StagedRecords
from warehouse.row_ages import RowAges
from warehouse.staging import StagedFile, StagingArea


def staged_batch(
    area: StagingArea,
    ranges: Sequence[OffsetRange],
    parts: Sequence[StagedPart],
    folder: str,
    *,
    ages_at: datetime,
) -> StagedBatch:
    """Write the manifests; a batch without records or dead letters has none of that kind.
    Ages that were counted are those at `ages_at`.

    Raises GapError where a task read a partition for which nothing was planned.
    """
    dead = [file for part in parts if (file := part.dead_file)]
    records = [
        StagedRecords(
            topic,
            _manifest(area, _row_files(own), f"{folder}/{topic}.manifest"),
            merged_bounds(part.bounds for part in own),
        )
        for topic in sorted({part.topic for part in parts if part.n_valid})
        for own in [[part for part in parts if part.topic == topic and part.n_valid]]
    ]
    manifest = _manifest(area, dead, f"{folder}/rejeitados.manifest") if dead else None
    ages = counted_ages(ranges, parts, at=ages_at)
    return StagedBatch(slices(ranges, parts), records, manifest, ages)


def slices(ranges: Iterable[OffsetRange], parts: Iterable[StagedPart]) -> list[Slice]:
    """What was read of each planned range; nothing where no task reported any of it."""
    valid: Counter[tuple[str, int]] = Counter()
    dead: Counter[tuple[str, int]] = Counter()
    for part in parts:
        valid[part.topic, part.partition] += part.n_valid
        dead[part.topic, part.partition] += part.n_dead
    found = [
        Slice(span, valid.pop(key, 0), dead.pop(key, 0))
        for span in ranges
        for key in [(span.topic, span.partition)]
    ]
    if valid or dead:
        raise GapError(f"records of partitions that were not planned: {sorted(valid | dead)}")
    return found


def counted_ages(
    ranges: Iterable[OffsetRange], parts: Iterable[StagedPart], *, at: datetime
) -> list[RowAges]:
    """The ages of the rows of each range that has any, where they were counted."""
    counts: dict[tuple[str, int], list[int]] = {}
    for part in parts:
        key = part.topic, part.partition
        both = zip_longest(counts.get(key, ()), part.ages, fillvalue=0)
        counts[key] = [sum(each) for each in both]
    return [
        RowAges(span.topic, span.partition, span.off_to, at, found)
        for span in ranges
        if any(found := counts.get((span.topic, span.partition), []))
    ]


def merged_bounds(found: Iterable[Bounds | None]) -> Bounds:
    """The bounds of all parts together."""
    known = [bounds for bounds in found if bounds]
    return Bounds(min(b.oldest for b in known), max(b.newest for b in known))


def _row_files(parts: Iterable[StagedPart]) -> list[StagedFile]:
    return [file for part in parts if (file := part.rows_file)]


def _manifest(area: StagingArea, files: Sequence[StagedFile], name: str) -> str:
    return area.write_manifest(files, name).url
