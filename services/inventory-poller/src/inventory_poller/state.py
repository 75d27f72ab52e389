"""What is known of every source, in a file of this process alone. Every call blocks.

Everything but a credential can be lost: then all stock is read and emitted once more.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from inventory_poller.changes import Key, Known
from service_runtime.errors import PermanentError, TransientError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS stock (
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    product TEXT NOT NULL,
    level INTEGER NOT NULL,
    moment TEXT NOT NULL,
    PRIMARY KEY (source, location, product)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (
    source TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    cursor TEXT,
    swept_at TEXT
);
CREATE TABLE IF NOT EXISTS credentials (source TEXT PRIMARY KEY, credential TEXT NOT NULL);
"""


class Progress(NamedTuple):
    """Where the next round begins, and when all stock was last read from its beginning to its end;
    None where that was never, or has begun and not ended."""

    cursor: str | None = None
    swept_at: datetime | None = None


class StateFile:
    """The file belongs to one process: opening it twice is a PermanentError.

    A write is whole or not there, also after a crash; it raises TransientError when the disk
    refuses.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = _open(path)
        except (sqlite3.Error, OSError) as error:
            raise PermanentError(f"cannot open {path}: {error}") from error

    def forget_others(self, source: str, *, settings: str) -> None:
        """Drop what was read with other settings: its stock locations may have other names now."""
        same = "SELECT 1 FROM progress WHERE source = ? AND settings = ?"
        with self._writing() as connection:
            delete = f"DELETE FROM stock WHERE source = ? AND NOT EXISTS ({same})"
            connection.execute(delete, (source, source, settings))
            connection.execute(
                "DELETE FROM progress WHERE source = ? AND settings <> ?", (source, settings)
            )

    def stock(self, source: str) -> dict[str, dict[str, Known]]:
        """All that is known, by `id_armazem` and `id_produto`."""
        found: dict[str, dict[str, Known]] = {}
        select = "SELECT location, product, level, moment FROM stock WHERE source = ?"
        for location, product, level, moment in self._connection.execute(select, (source,)):
            known = Known(level, datetime.fromisoformat(moment))
            found.setdefault(location, {})[product] = known
        return found

    def progress(self, source: str) -> Progress:
        """Where the source is to be read on."""
        select = "SELECT cursor, swept_at FROM progress WHERE source = ?"
        found = self._connection.execute(select, (source,)).fetchone()
        if found is None:
            return Progress()
        cursor, swept_at = found
        return Progress(cursor, datetime.fromisoformat(swept_at) if swept_at else None)

    def save(
        self, source: str, seen: Mapping[Key, Known], progress: Progress, *, settings: str
    ) -> None:
        """Remember what Kafka has acknowledged."""
        rows = [
            (source, location, product, known.level, known.moment.astimezone(UTC).isoformat())
            for (location, product), known in seen.items()
        ]
        swept_at = progress.swept_at.isoformat() if progress.swept_at else None
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO stock VALUES (?, ?, ?, ?, ?)", rows)
            insert = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?)"
            connection.execute(insert, (source, settings, progress.cursor, swept_at))

    def credential(self, source: str) -> str | None:
        """The last one that was saved."""
        select = "SELECT credential FROM credentials WHERE source = ?"
        found = self._connection.execute(select, (source,)).fetchone()
        return found[0] if found else None

    def save_credential(self, source: str, credential: str) -> None:
        """Synced to the disk when it returns, since the one before may be void already."""
        self._connection.execute("PRAGMA synchronous=FULL")
        try:
            with self._writing() as connection:
                insert = "INSERT OR REPLACE INTO credentials VALUES (?, ?)"
                connection.execute(insert, (source, credential))
        finally:
            self._connection.execute("PRAGMA synchronous=NORMAL")

    def probe(self) -> None:
        """Write to the file, without changing what is known."""
        with self._writing() as connection:
            connection.execute("PRAGMA user_version = 1")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection as connection:
                yield connection
        except sqlite3.Error as error:
            raise TransientError(f"the state cannot be written: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    with connection:
        connection.executescript(_SCHEMA)
    return connection
