"""The sender on a producer that does as it is told."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from confluent_kafka import KafkaError, KafkaException

from service_runtime.producer import KafkaSender


class Message(NamedTuple):
    key: str
    value: bytes
    headers: dict[str, str | bytes | None]


MESSAGES = [Message(f"u{n}", b"{%d}" % n, {"traceparent": f"00-{n}"}) for n in range(5)]


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


def sender_on(
    *producers: FakeProducer, lost_after: float = 60
) -> tuple[KafkaSender, list[Callable[[KafkaError], None]]]:
    hooks: list[Callable[[KafkaError], None]] = []
    waiting = iter(producers)

    def connect(on_error: Callable[[KafkaError], None]) -> Any:
        hooks.append(on_error)
        return next(waiting)

    sender = KafkaSender(connect, topic="t", delivery_timeout=1.0, lost_after=lost_after)
    return sender, hooks


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


@pytest.mark.parametrize(
    ("lost_after", "failing", "connected"),
    [
        pytest.param(0, MESSAGES, 2, id="nothing is acknowledged"),
        pytest.param(0, MESSAGES[1:], 1, id="one message is"),
        pytest.param(60, MESSAGES, 1, id="it was made a moment ago"),
    ],
)
def test_a_producer_that_may_have_lost_kafka_is_replaced(
    lost_after: float, failing: list[Message], connected: int
) -> None:
    sender, hooks = sender_on(
        FakeProducer({m.value for m in failing}), FakeProducer(), lost_after=lost_after
    )
    assert sender.send([]) == set()
    assert sender.send(MESSAGES) == {m.value for m in failing}
    assert len(hooks) == connected


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
