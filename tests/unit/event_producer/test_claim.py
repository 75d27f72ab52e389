"""Which worker gets which spool, on a real disk."""

from pathlib import Path

import pytest

from event_producer.claim import claim_spool
from event_producer.intake import Message
from event_producer.storage import Spool, SpoolInUseError

MESSAGES = [Message(f"u{n}", b"{%d}" % n, {}) for n in range(5)]


def values_of(spool: Spool) -> list[bytes]:
    return [entry.message.value for entry in spool.head(99)]


def test_each_worker_has_a_spool_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    claims = [claim_spool(path, workers=3, max_bytes=900) for _ in range(3)]
    assert [claim.worker for claim in claims] == [0, 1, 2]
    assert [claim.spool.room for claim in claims] == [300, 300, 300]
    names = {found.name for found in tmp_path.iterdir() if not found.name.endswith("-wal")}
    assert names == {"spool", "spool.1", "spool.2"}
    with pytest.raises(SpoolInUseError):
        claim_spool(path, workers=3, max_bytes=900)


def test_a_worker_that_comes_back_finds_what_it_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    _zero, one = (claim_spool(path, workers=2, max_bytes=2000) for _ in range(2))
    one.spool.append(MESSAGES)
    one.spool.close()
    again = claim_spool(path, workers=2, max_bytes=2000)
    assert (again.worker, values_of(again.spool)) == (1, [b"{%d}" % n for n in range(5)])


def test_one_worker_takes_over_what_several_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    claims = [claim_spool(path, workers=3, max_bytes=9000) for _ in range(3)]
    for claim, message in zip(claims, MESSAGES, strict=False):
        claim.spool.append([message])
        claim.spool.close()
    alone = claim_spool(path, workers=1, max_bytes=100)
    assert values_of(alone.spool) == [b"{0}", b"{1}", b"{2}"]
    assert [found.name for found in tmp_path.glob("spool.*")] == []


def test_a_spool_that_is_still_held_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    first, second = (claim_spool(path, workers=2, max_bytes=2000) for _ in range(2))
    second.spool.append(MESSAGES)
    first.spool.close()
    alone = claim_spool(path, workers=1, max_bytes=2000)
    assert values_of(alone.spool) == []
    assert len(values_of(second.spool)) == len(MESSAGES)


def test_other_files_beside_it_are_none(tmp_path: Path) -> None:
    (tmp_path / "spool.bak").write_text("a copy")
    claim_spool(tmp_path / "spool", workers=1, max_bytes=2000)
    assert (tmp_path / "spool.bak").read_text() == "a copy"
