"""What is known of every source, in a file of this process alone. Every call blocks.

Everything but a credential can be lost: then all stock is read and emitted once more. So a broken
file is moved aside, and only its credentials are taken over.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from inventory_poller.changes import Key, Known
from service_runtime.errors import PermanentError, TransientError

_log = logging.getLogger(__name__)
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
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
_SAVE_CREDENTIAL: Final = "INSERT OR REPLACE INTO credentials VALUES (?, ?)"


class Progress(NamedTuple):
    """Where the next round begins, and when all stock was last read from its beginning to its end;
    None where that was never, or has begun and not ended."""

    cursor: str | None = None
    swept_at: datetime | None = None


class _BrokenError(sqlite3.DatabaseError):
    """A value that this module never wrote."""


class StateFile:
    """The file belongs to one process: opening it twice is a PermanentError.

    A write is whole or not there, also after a crash. A call raises TransientError when the disk
    refuses, or when the file was found broken: then it is begun anew, and the same call works.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was_begun_anew = False
        self._loaded: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _open_or_begin_anew(path)
        except (sqlite3.Error, OSError) as error:
            raise PermanentError(f"cannot open {path}: {error}") from error

    def forget_others(self, source: str, *, settings: str) -> None:
        """Drop what was read with other settings: its stock locations may have other names now."""
        same = "SELECT 1 FROM progress WHERE source = ? AND settings = ?"
        with self._transaction() as connection:
            delete = f"DELETE FROM stock WHERE source = ? AND NOT EXISTS ({same})"
            connection.execute(delete, (source, source, settings))
            connection.execute(
                "DELETE FROM progress WHERE source = ? AND settings <> ?", (source, settings)
            )
        self._loaded.add(source)

    def stock(self, source: str) -> dict[str, dict[str, Known]]:
        """All that is known, by `id_armazem` and `id_produto`."""
        found: dict[str, dict[str, Known]] = {}
        select = "SELECT location, product, level, moment FROM stock WHERE source = ?"
        with self._transaction() as connection:
            for location, product, level, moment in connection.execute(select, (source,)):
                known = Known(level, _moment(moment))
                found.setdefault(location, {})[product] = known
        return found

    def progress(self, source: str) -> Progress:
        """The cursor from which to read on."""
        select = "SELECT cursor, swept_at FROM progress WHERE source = ?"
        with self._transaction() as connection:
            found = connection.execute(select, (source,)).fetchone()
            if found is None:
                return Progress()
            cursor, swept_at = found
            return Progress(cursor, _moment(swept_at) if swept_at else None)

    def save(
        self, source: str, seen: Mapping[Key, Known], progress: Progress, *, settings: str
    ) -> None:
        """Remember what Kafka has acknowledged.

        Where the file was begun anew since the source was loaded, it lacks what was known before:
        then the next process reads all stock of the source from the beginning.
        """
        if self._was_begun_anew and source not in self._loaded:
            progress = Progress()
        rows = [
            (source, location, product, known.level, known.moment.astimezone(UTC).isoformat())
            for (location, product), known in seen.items()
        ]
        swept_at = progress.swept_at.isoformat() if progress.swept_at else None
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO stock VALUES (?, ?, ?, ?, ?)", rows)
            insert = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?)"
            connection.execute(insert, (source, settings, progress.cursor, swept_at))

    def credential(self, source: str) -> str | None:
        """The last one that was saved."""
        select = "SELECT credential FROM credentials WHERE source = ?"
        with self._transaction() as connection:
            found = connection.execute(select, (source,)).fetchone()
        return found[0] if found else None

    def save_credential(self, source: str, credential: str) -> None:
        """Synced to the disk when it returns, since the one before may be void already."""
        self._synchronous("FULL")
        try:
            with self._transaction() as connection:
                connection.execute(_SAVE_CREDENTIAL, (source, credential))
        finally:
            self._synchronous("NORMAL")

    def _synchronous(self, how: str) -> None:
        """Outside a transaction, in which SQLite would ignore it."""
        with self._mapped():
            self._connection.execute(f"PRAGMA synchronous={how}")

    def probe(self) -> None:
        """Write to the file, without changing what is known."""
        with self._transaction() as connection:
            connection.execute("PRAGMA user_version = 1")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._mapped(), self._connection as connection:
            yield connection

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if _is_broken(error):
                self._begin_anew(error)
            raise TransientError(f"the state file fails: {error}") from error

    def _begin_anew(self, error: sqlite3.Error) -> None:
        self._connection.close()
        self._was_begun_anew, self._loaded = True, set()
        try:
            self._connection = _begin_anew(self._path, error)
        except (sqlite3.Error, OSError) as further:
            raise TransientError(f"the state file cannot be begun anew: {further}") from further


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether the file holds what was never written to it. No other error is a reason to give it
    up: a disk that is full or away may come back."""
    if isinstance(error, _BrokenError) or str(error).startswith("Could not decode"):
        return True
    # The low byte is the kind of an error, the others tell more of it.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise _BrokenError("no moment where one is") from error


def _open_or_begin_anew(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if not _is_broken(error):
            raise
        return _begin_anew(path, error)


def _open(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
    try:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        with connection:
            connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin_anew(path: Path, error: sqlite3.Error) -> sqlite3.Connection:
    """A new file with the credentials of the broken one, which stays under another name."""
    aside = path.with_name(f"{path.name}.broken")
    for suffix in ("-wal", ""):
        old, moved = (each.with_name(each.name + suffix) for each in (path, aside))
        # SQLite would apply the log of an earlier broken file to this one.
        moved.unlink(missing_ok=True)
        if old.exists():
            old.replace(moved)
    credentials = _credentials(aside)
    connection = _open(path)
    connection.execute("PRAGMA synchronous=FULL")
    with connection:
        connection.executemany(_SAVE_CREDENTIAL, credentials)
    connection.execute("PRAGMA synchronous=NORMAL")
    about = {"error": str(error), "moved_to": str(aside), "credentials": len(credentials)}
    _log.error("the state file is broken: it is begun anew with its credentials alone", extra=about)
    return connection


def _credentials(path: Path) -> list[tuple[str, str]]:
    """The credentials that can still be read from a broken file."""
    connection = sqlite3.connect(path, timeout=1)
    try:
        return connection.execute("SELECT source, credential FROM credentials").fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()
