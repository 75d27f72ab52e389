"""Which worker gets which spool, on a real disk."""

from pathlib import Path

import pytest

from event_producer.intake import Message
from event_producer.spool import Spool, SpoolInUseError
from event_producer.worker_spool import open_worker_spool

MESSAGES = [Message(f"u{n}", b"{%d}" % n, {}) for n in range(5)]


def values_of(spool: Spool) -> list[bytes]:
    return [entry.message.value for entry in spool.head(99)]


def test_each_worker_has_a_spool_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    opened = [open_worker_spool(path, workers=3, max_bytes=900) for _ in range(3)]
    assert [own.worker for own in opened] == [0, 1, 2]
    assert [own.spool.room for own in opened] == [300, 300, 300]
    names = {found.name for found in tmp_path.iterdir() if not found.name.endswith("-wal")}
    assert names == {"spool", "spool.1", "spool.2"}
    with pytest.raises(SpoolInUseError):
        open_worker_spool(path, workers=3, max_bytes=900)


def test_a_worker_that_comes_back_finds_what_it_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    _zero, one = (open_worker_spool(path, workers=2, max_bytes=2000) for _ in range(2))
    one.spool.append(MESSAGES)
    one.spool.close()
    again = open_worker_spool(path, workers=2, max_bytes=2000)
    assert (again.worker, values_of(again.spool)) == (1, [b"{%d}" % n for n in range(5)])


def test_one_worker_takes_over_what_several_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    opened = [open_worker_spool(path, workers=3, max_bytes=9000) for _ in range(3)]
    for own, message in zip(opened, MESSAGES, strict=False):
        own.spool.append([message])
        own.spool.close()
    alone = open_worker_spool(path, workers=1, max_bytes=100)
    assert values_of(alone.spool) == [b"{0}", b"{1}", b"{2}"]
    assert [found.name for found in tmp_path.glob("spool.*")] == []


def test_a_spool_that_is_still_held_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    first, second = (open_worker_spool(path, workers=2, max_bytes=2000) for _ in range(2))
    second.spool.append(MESSAGES)
    first.spool.close()
    alone = open_worker_spool(path, workers=1, max_bytes=2000)
    assert values_of(alone.spool) == []
    assert len(values_of(second.spool)) == len(MESSAGES)


def test_other_files_beside_it_are_none(tmp_path: Path) -> None:
    (tmp_path / "spool.bak").write_text("a copy")
    open_worker_spool(tmp_path / "spool", workers=1, max_bytes=2000)
    assert (tmp_path / "spool.bak").read_text() == "a copy"
