"""The spool: a queue on disk for events that arrive while Kafka is away. Every call blocks."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from event_producer.grouping import stored_size
from event_producer.intake import Message
from service_runtime.errors import PermanentError, TransientError


class Spooled(NamedTuple):
    """A message in the spool, at its place in the queue."""

    seq: int
    message: Message


_MOVED_AT_ONCE: Final = 1000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spool (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    headers TEXT NOT NULL,
    size INTEGER NOT NULL
)
"""


class SpoolInUseError(PermanentError):
    """Another process has the spool's file."""


class Spool:
    """A queue on disk. What `append` has returned for survives a crash of the machine.

    The file belongs to one process: opening it twice is a `SpoolInUseError`.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        try:
            self._connection = _open(path)
            count = "SELECT count(*), coalesce(sum(size), 0) FROM spool"
            found: tuple[int, int] = self._connection.execute(count).fetchone()
        except sqlite3.Error as error:
            kind = SpoolInUseError if is_in_use(error) else PermanentError
            raise kind(f"cannot open the spool {path}: {error}") from error
        self.n_messages, self.n_bytes = found

    @property
    def room(self) -> int:
        """Bytes that may still be put in."""
        return self._max_bytes - self.n_bytes

    @property
    def free(self) -> int:
        """`room`, or the free bytes of the disk if these are fewer."""
        return min(self.room, shutil.disk_usage(self._path.parent).free)

    def append(self, messages: Sequence[Message]) -> None:
        """All or, when the disk refuses (`TransientError`), none; synced when it returns."""
        rows = [(m.key, m.value, json.dumps(m.headers), stored_size([m])) for m in messages]
        insert = "INSERT INTO spool (key, value, headers, size) VALUES (?, ?, ?, ?)"
        self._write(insert, rows)
        self.n_messages += len(rows)
        self.n_bytes += sum(row[3] for row in rows)

    def head(self, limit: int) -> list[Spooled]:
        """The oldest messages, oldest first."""
        select = "SELECT seq, key, value, headers FROM spool ORDER BY seq LIMIT ?"
        rows = self._connection.execute(select, (limit,)).fetchall()
        return [
            Spooled(seq, Message(key, value, json.loads(headers)))
            for seq, key, value, headers in rows
        ]

    def delete(self, done: Sequence[Spooled]) -> None:
        """Forget messages that lie in the spool; `TransientError` when the disk refuses."""
        self._write("DELETE FROM spool WHERE seq = ?", [(entry.seq,) for entry in done])
        self.n_messages -= len(done)
        self.n_bytes -= sum(stored_size([entry.message]) for entry in done)

    def move_to(self, other: "Spool") -> None:
        """Put everything into another spool, whatever its limit, and delete this one's file.

        A crash in between leaves messages in both; their `id_evento` makes that harmless. After
        `TransientError` too some may be in both, and the file is still there.
        """
        while head := self.head(_MOVED_AT_ONCE):
            other.append([entry.message for entry in head])
            self.delete(head)
        self.close()
        self._path.unlink()

    def close(self) -> None:
        """The messages stay for the next process."""
        self._connection.close()

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise TransientError(f"the spool cannot be written: {error}") from error


def is_in_use(error: sqlite3.Error) -> bool:
    """Whether another process has the file. The lowest byte of SQLite's code is the primary code;
    the bytes above it are details."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    with connection:
        connection.execute(_SCHEMA)
    return connection
