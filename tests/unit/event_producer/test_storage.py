"""The spool on a real disk, and the sender on a producer that does as it is told."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from event_producer.grouping import stored_size
from event_producer.intake import Message
from event_producer.storage import KafkaSender, Spool
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


class Report:
    def __init__(self, value: bytes) -> None:
        self._value = value

    def value(self) -> bytes:
        return self._value


class FakeProducer:
    """Reports failures only, from within `flush`, as librdkafka does."""

    def __init__(self, failing: set[bytes] | None = None, stuck: int = 0) -> None:
        self.failing = failing or set()
        self.stuck = stuck
        self.raising: Exception | None = None
        self.produced: list[tuple[Any, ...]] = []
        self.purged = False
        self._reports: list[Callable[[], None]] = []

    def produce(
        self, topic: str, value: bytes, key: str, *, on_delivery: Any, headers: Any
    ) -> None:
        if self.raising:
            raise self.raising
        self.produced.append((topic, value, key, headers))
        if value in self.failing:
            error = KafkaError(KafkaError._MSG_TIMED_OUT)
            self._reports.append(lambda: on_delivery(error, Report(value)))

    def flush(self, _timeout: float) -> int:
        for report in self._reports:
            report()
        self._reports.clear()
        return self.stuck

    def purge(self) -> None:
        self.purged = True


def sender_on(*producers: FakeProducer) -> tuple[KafkaSender, list[Callable[[KafkaError], None]]]:
    hooks: list[Callable[[KafkaError], None]] = []
    waiting = iter(producers)

    def connect(on_error: Callable[[KafkaError], None]) -> Any:
        hooks.append(on_error)
        return next(waiting)

    return KafkaSender(connect, topic="t", delivery_timeout=1.0), hooks


def test_all_is_acknowledged() -> None:
    producer = FakeProducer()
    sender, _ = sender_on(producer)
    assert sender.send(MESSAGES) == set()
    assert producer.produced == [("t", m.value, m.key, m.headers) for m in MESSAGES]


def test_no_failed_delivery_goes_unseen() -> None:
    sender, _ = sender_on(FakeProducer({b"{1}", b"{3}"}))
    assert sender.send(MESSAGES) == {b"{1}", b"{3}"}
    assert sender.send(MESSAGES[:1]) == set()


@pytest.mark.parametrize("error", [BufferError(), KafkaException(KafkaError(KafkaError._FATAL))])
def test_what_the_client_refuses_is_not_acknowledged(error: Exception) -> None:
    producer = FakeProducer()
    producer.raising = error
    sender, _ = sender_on(producer)
    assert sender.send(MESSAGES) == {m.value for m in MESSAGES}


def test_what_hangs_is_not_acknowledged_and_the_producer_is_replaced() -> None:
    stuck, fresh = FakeProducer(stuck=2), FakeProducer()
    sender, _ = sender_on(stuck, fresh)
    assert sender.send(MESSAGES) == {m.value for m in MESSAGES}
    assert stuck.purged
    assert sender.send(MESSAGES) == set()
    assert len(fresh.produced) == len(MESSAGES)


def test_a_producer_that_broke_for_good_is_replaced() -> None:
    broken, fresh = FakeProducer(), FakeProducer()
    sender, hooks = sender_on(broken, fresh)
    hooks[0](KafkaError(KafkaError._ALL_BROKERS_DOWN))
    sender.send(MESSAGES[:1])
    assert len(hooks) == 1
    hooks[0](KafkaError(KafkaError._FATAL))
    sender.send(MESSAGES[:1])
    assert len(hooks) == 2
    sender.send(MESSAGES[1:])
    assert (len(broken.produced), len(fresh.produced)) == (2, 4)


def test_while_no_other_can_be_made_the_broken_one_stays_and_all_is_told() -> None:
    broken, fresh = FakeProducer(stuck=1), FakeProducer()
    answers: list[Any] = [broken, KafkaException(KafkaError(KafkaError._AUTHENTICATION)), fresh]

    def connect(_on_error: Callable[[KafkaError], None]) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    sender = KafkaSender(connect, topic="t", delivery_timeout=1.0)
    for _ in range(2):
        assert sender.send(MESSAGES) == {m.value for m in MESSAGES}
    assert sender.send(MESSAGES) == set()
    assert len(fresh.produced) == len(MESSAGES)
