"""The ranges of a micro-batch, read off the log that Spark writes."""

import json
from pathlib import Path

from stream_processor.planned_ranges import planned_ranges
from warehouse.ledger import OffsetRange

FIRST = {"eventos": {0: 5, 1: 0}, "estoque": {0: 7}}


def _log(folder: Path, batch: int, offsets: dict[str, dict[str, int]]) -> None:
    (folder / str(batch)).write_text(f'v1\n{{"batchWatermarkMs":0}}\n{json.dumps(offsets)}')


def test_the_first_batch_begins_where_the_query_did(tmp_path: Path) -> None:
    _log(tmp_path, 0, {"eventos": {"0": 9, "1": 0}, "estoque": {"0": 8}})
    assert planned_ranges(tmp_path, 0, first=FIRST) == [
        OffsetRange("estoque", 0, 7, 8),
        OffsetRange("eventos", 0, 5, 9),
    ]


def test_a_later_batch_begins_where_the_one_before_ended(tmp_path: Path) -> None:
    _log(tmp_path, 3, {"eventos": {"0": 9, "1": 4}, "estoque": {"0": 8}})
    _log(tmp_path, 4, {"eventos": {"0": 12, "1": 4, "2": 3}, "estoque": {"0": 8}})
    assert planned_ranges(tmp_path, 4, first=FIRST) == [
        OffsetRange("eventos", 0, 9, 12),
        OffsetRange("eventos", 2, 0, 3),
    ]
