"""The spool on a real disk."""

import sqlite3
from pathlib import Path

import pytest

from event_producer.grouping import stored_size
from event_producer.intake import Message
from event_producer.spool import Spool, is_in_use
from service_runtime.errors import PermanentError, TransientError

MESSAGES = [Message(f"u{n}", b"{%d}" % n, {"traceparent": f"00-{n}"}) for n in range(5)]


def spool_at(tmp_path: Path, max_bytes: int = 10_000) -> Spool:
    return Spool(tmp_path / "new" / "spool", max_bytes=max_bytes)


def test_first_in_first_out(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.append(MESSAGES[:2])
    spool.append(MESSAGES[2:])
    assert [entry.message for entry in spool.head(3)] == MESSAGES[:3]
    spool.delete(spool.head(2))
    assert [entry.message for entry in spool.head(9)] == MESSAGES[2:]
    assert spool.n_messages == 3


def test_room_is_what_is_left(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.append(MESSAGES)
    assert (spool.room, spool.n_bytes) == (10_000 - stored_size(MESSAGES), stored_size(MESSAGES))
    spool.delete(spool.head(5))
    assert (spool.room, spool.n_bytes, spool.n_messages) == (10_000, 0, 0)


def test_the_next_process_finds_what_is_left(tmp_path: Path) -> None:
    first = spool_at(tmp_path)
    first.append(MESSAGES)
    first.delete(first.head(1))
    first.close()
    second = spool_at(tmp_path)
    assert [entry.message for entry in second.head(9)] == MESSAGES[1:]
    assert second.n_bytes == stored_size(MESSAGES[1:])


def test_the_file_belongs_to_one_process(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    with pytest.raises(PermanentError, match="cannot open the spool"):
        spool_at(tmp_path)
    spool.append(MESSAGES)


@pytest.mark.parametrize(
    ("code", "in_use"),
    [
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_BUSY_RECOVERY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_IOERR_LOCK, False),
        (sqlite3.SQLITE_NOTADB, False),
    ],
)
def test_each_kind_of_busy_is_in_use(code: int, in_use: bool) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    assert is_in_use(error) is in_use


def test_a_file_that_is_no_spool(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"not a database" * 100)
    with pytest.raises(PermanentError):
        Spool(tmp_path / "spool", max_bytes=1)


def test_a_full_disk_takes_nothing(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    spool.append(MESSAGES[:1])
    pages = spool._connection.execute("PRAGMA page_count").fetchone()[0]
    spool._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(TransientError):
        spool.append([Message("u", bytes(100_000), {})] * 2)
    assert [entry.message for entry in spool.head(9)] == MESSAGES[:1]
    assert (spool.n_messages, spool.n_bytes) == (1, stored_size(MESSAGES[:1]))
    spool._connection.execute(f"PRAGMA max_page_count={pages + 100}")
    spool.append(MESSAGES[1:])
    assert [entry.message for entry in spool.head(9)] == MESSAGES


def test_every_write_is_synced(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    pragmas = [
        spool._connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "locking_mode")
    ]
    assert pragmas == ["wal", 2, "exclusive"]
    assert sqlite3.threadsafety > 0
