"""Which offsets Spark planned for a micro-batch, as its offset log in the checkpoint says.

The smallest and largest offset seen would not do: a range may begin or end with offsets that
hold no record for a reader, or hold none at all. Spark writes the log before the batch begins:
https://spark.apache.org/docs/latest/streaming/apis-on-dataframes-and-datasets.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.ledger import OffsetRange, Positions

TopicOffsets = Mapping[str, Mapping[int, int]]
"""Topic -> partition -> offset."""


class TemporaryCheckpoint:
    """Spark's checkpoint of a query that needs none: a temporary folder, removed with it.

    `first` is where the query begins.
    """

    def __init__(self, name: str, first: TopicOffsets) -> None:
        self._folder = TemporaryDirectory(prefix=f"{name}-query-", ignore_cleanup_errors=True)
        self._first = first

    @property
    def url(self) -> str:
        """What Spark is told."""
        return Path(self._folder.name).as_uri()

    def ranges(self, batch_id: int) -> list[OffsetRange]:
        """What Spark planned for a micro-batch."""
        log = Path(self._folder.name) / "offsets"
        return planned_ranges(log, batch_id, first=self._first)


def planned_ranges(offset_log: Path, batch_id: int, *, first: TopicOffsets) -> list[OffsetRange]:
    """The ranges of a batch that are not empty, by topic and partition.

    `first` is where the query began. A partition that was added since begins at 0, or Spark would
    have failed the query for lost data.
    """
    begin = _positions(_logged(offset_log, batch_id - 1) if batch_id else first)
    end = _positions(_logged(offset_log, batch_id))
    ranges = [
        OffsetRange(topic, partition, begin.get((topic, partition), 0), off_to)
        for (topic, partition), off_to in sorted(end.items())
    ]
    return [span for span in ranges if span.off_from < span.off_to]


def _logged(offset_log: Path, batch_id: int) -> TopicOffsets:
    """The log holds a version, the batch's own settings and one line for the one source."""
    _version, _settings, offsets = (offset_log / str(batch_id)).read_text("utf-8").splitlines()
    parsed: dict[str, dict[str, int]] = json.loads(offsets)
    return {topic: {int(n): o for n, o in found.items()} for topic, found in parsed.items()}


def _positions(offsets: TopicOffsets) -> Positions:
    return {(topic, n): offset for topic, found in offsets.items() for n, offset in found.items()}
