"""Kafka and the spool: the two places where an event is safe. Every call here blocks."""

import json
import logging
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Report

from event_producer.grouping import stored_size
from event_producer.intake import Message
from service_runtime.errors import PermanentError, TransientError
from service_runtime.kafka import ClientConfig

_log = logging.getLogger(__name__)

_FLUSH_MARGIN_SECONDS: Final = 2.0


def connect_producer(
    connection: ClientConfig, on_error: Callable[[KafkaError], None], *, delivery_timeout: float
) -> Producer:
    """An idempotent producer that calls back only for what it could not deliver."""
    return Producer(
        {
            **connection,
            "client.id": "event-producer",
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 2,
            "message.timeout.ms": int(delivery_timeout * 1000),
            "delivery.report.only.error": True,
            "queue.buffering.max.messages": 1_000_000,
            "reconnect.backoff.max.ms": 1000,
            "topic.metadata.refresh.interval.ms": 60_000,
            "log_level": 2,
            "error_cb": on_error,
        }
    )


Connect = Callable[[Callable[[KafkaError], None]], Producer]


class KafkaSender:
    """Sends messages to one topic and tells which of them Kafka did not acknowledge."""

    def __init__(self, connect: Connect, *, topic: str, delivery_timeout: float) -> None:
        self._connect = connect
        self._topic = topic
        self._flush_timeout = delivery_timeout + _FLUSH_MARGIN_SECONDS
        self._fatal = False
        self._producer = connect(self._on_error)

    def send(self, messages: Sequence[Message]) -> set[bytes]:
        """The values that were not acknowledged in time, some of which may yet arrive.

        Order within a key holds while nothing fails. A producer that broke for good is
        replaced, and what it held is told as not acknowledged; while no other can be made, it
        is tried again after each call.
        """
        undelivered: set[bytes] = set()

        def on_failure(error: KafkaError | None, report: Report) -> None:
            if error is not None:
                undelivered.add(report.value() or b"")

        for message in messages:
            self._produce(message, on_failure, undelivered)
        if self._producer.flush(self._flush_timeout):
            undelivered.update(message.value for message in messages)
            self._producer.purge()
            self._fatal = True
        if self._fatal:
            self._replace_producer()
        return undelivered

    def _produce(
        self, message: Message, on_failure: Callable[..., None], undelivered: set[bytes]
    ) -> None:
        key, value, headers = message
        try:
            self._producer.produce(self._topic, value, key, on_delivery=on_failure, headers=headers)
        except (BufferError, KafkaException):
            undelivered.add(value)

    def _on_error(self, error: KafkaError) -> None:
        self._fatal = self._fatal or error.code() == KafkaError._FATAL
        _log.debug("Kafka client: %s", error.name())

    def _replace_producer(self) -> None:
        _log.error("the Kafka producer broke for good and is replaced")
        with suppress(KafkaException):
            self._producer = self._connect(self._on_error)
            self._fatal = False


class Spooled(NamedTuple):
    """A message in the spool, at its place in the queue."""

    seq: int
    message: Message


_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS spool (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    headers TEXT NOT NULL,
    size INTEGER NOT NULL
)
"""


class Spool:
    """A queue on disk. What `append` has returned for survives a crash of the machine.

    The file belongs to one process: opening it twice is a `PermanentError`.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        try:
            self._connection = _open(path)
            count = "SELECT count(*), coalesce(sum(size), 0) FROM spool"
            found: tuple[int, int] = self._connection.execute(count).fetchone()
        except sqlite3.Error as error:
            raise PermanentError(f"cannot open the spool {path}: {error}") from error
        self.n_messages, self.n_bytes = found

    @property
    def room(self) -> int:
        """Bytes that may still be put in."""
        return self._max_bytes - self.n_bytes

    @property
    def free(self) -> int:
        """`room`, or what the disk has left when that is less."""
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

    def close(self) -> None:
        """The messages stay for the next process."""
        self._connection.close()

    def _write(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise TransientError(f"the spool cannot be written: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    with connection:
        connection.execute(_SCHEMA)
    return connection
