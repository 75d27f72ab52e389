"""The consumer loop: reads a group's records batch by batch, each record at least once.

It handles a batch, commits its offsets, then fetches the next one. All of it runs in one thread, so
partitions change owner only between batches or while a failed batch waits.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Final, Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from service_runtime.consumer_metrics import ConsumerMetrics, Place
from service_runtime.errors import PermanentError, TransientError
from service_runtime.failpoints import hit_failpoint
from service_runtime.kafka import ClientConfig, error_kind, kafka_errors
from service_runtime.retry import backoff, log_retry

_log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.2
_REQUEST_SECONDS: Final = 1.0


class BatchHandler(Protocol):
    """The handler of a consumer's records."""

    def __call__(self, batch: Sequence[Message], /) -> None:
        """Return when every record is handled for good, wrong records included.

        Records of a partition come in order; some may come again. After a TransientError the loop
        waits and calls again with the same records, without those of partitions that were revoked
        meanwhile. Any other error ends the loop. A call that takes more than five minutes loses its
        partitions.
        """


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: at most `batch_size` records at once, gathered for `linger_seconds`.

    A group without committed offsets begins at the first record.
    """

    group_id: str
    topics: tuple[str, ...]
    batch_size: int = 1000
    linger_seconds: float = 0.5

    def config(self) -> ClientConfig:
        """The Kafka properties that the loop needs."""
        return {
            "group.id": self.group_id,
            "client.id": self.group_id,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "partition.assignment.strategy": "cooperative-sticky",
            # The default of a second makes a fast consumer wait most of its time.
            "fetch.queue.backoff.ms": 5,
            "queued.max.messages.kbytes": 16 * 1024,
            "reconnect.backoff.max.ms": 2000,
            "topic.metadata.refresh.interval.ms": 30_000,
            "log_level": 2,
        }


class ConsumerLoop:
    """One member of the group. Where its consumer has not found Kafka for `lost_after` seconds, a
    new one joins in its place, for the reason that `RenewedClient` gives."""

    def __init__(
        self,
        connection: ClientConfig,
        group: Group,
        handle: BatchHandler,
        *,
        lost_after: float = 60.0,
    ) -> None:
        self.problem: str | None = None
        """Why the last attempt failed, for a readiness check; None while all is well."""
        self.metrics = ConsumerMetrics(group.group_id)
        self._config = {**group.config(), "error_cb": self._on_error, **connection}
        self._group = group
        self._handle = handle
        self._lost_after = lost_after
        self._found_at = monotonic()
        self._batch: list[Message] = []
        self._done: dict[Place, int] = {}
        self._paused = self._in_doubt = False
        self._failures, self._waited = 0, 0.0
        self._stopping = Event()
        self._consumer = Consumer(self._config)

    def run(self) -> None:
        """Consume until `stop`, and finish the current batch first unless it waits after an error.

        Raises PermanentError if Kafka refuses, and every other error of the handler.
        """
        self._subscribe()
        try:
            while not self._stopping.is_set():
                self._step()
        finally:
            self._consumer.close()

    def stop(self) -> None:
        """Make `run` return soon; for a signal handler or any thread."""
        self._stopping.set()

    def _subscribe(self) -> None:
        topics = list(self._group.topics)
        self._consumer.subscribe(topics, on_revoke=self._give_up, on_lost=self._give_up)

    def _step(self) -> None:
        if not self._batch and not self._done:
            self._resume()
            self._batch = self._fetch(self._group.batch_size, self._group.linger_seconds)
        try:
            self._finish_batch()
            self._check_after_error()
        except TransientError as error:
            self._back_off(error)
        else:
            self._failures, self._waited, self.problem = 0, 0.0, None
        self._measure_lag()

    def _finish_batch(self) -> None:
        if self._batch:
            self.metrics.begun(len(self._batch))
            self._handle(self._batch)
            self._done |= {_place(message): _offset(message) + 1 for message in self._batch}
            self._batch = []
            hit_failpoint("before_commit")
        if self._done:
            self._commit()
            self._done = {}

    def _commit(self) -> None:
        offsets = [TopicPartition(*place, offset) for place, offset in self._done.items()]
        with kafka_errors("commit"):
            for committed in self._consumer.commit(offsets=offsets, asynchronous=False) or ():
                if committed.error is not None:
                    raise KafkaException(committed.error)
        self._found_at = monotonic()

    def _on_error(self, error: KafkaError) -> None:
        self._in_doubt = self._in_doubt or error.code() == KafkaError._ALL_BROKERS_DOWN

    def _check_after_error(self) -> None:
        """After an error ask Kafka whether it has passed, since a consumer is not told; after a
        silence too, since one that lost Kafka may not have been told that either."""
        if self._in_doubt or self._silence() > self._lost_after / 2:
            self._find_topics()
            self._in_doubt = False

    def _find_topics(self) -> None:
        for topic in self._group.topics:
            with kafka_errors(topic):
                found = self._consumer.list_topics(topic, timeout=_REQUEST_SECONDS).topics[topic]
                self._found_at = monotonic()
                if found.error is not None:
                    raise KafkaException(found.error)

    def _silence(self) -> float:
        return monotonic() - self._found_at

    def _replace_if_lost(self) -> None:
        """Its records that were not committed are read again. While no other can be made, the old
        one goes on."""
        if self._silence() > self._lost_after / 2:  # so that a failed batch does not hide it
            with suppress(TransientError):
                self._find_topics()
        if self._silence() > self._lost_after:
            self._found_at = monotonic()
            self._replace()

    def _replace(self) -> None:
        try:
            fresh = Consumer(self._config)
        except KafkaException:
            return
        _log.info("consumer %s: Kafka is not found, a new one begins", self._group.group_id)
        self._consumer.close()
        self._consumer = fresh
        self._batch, self._done, self._paused = [], {}, False
        self._subscribe()

    def _back_off(self, error: TransientError) -> None:
        """Wait before the next attempt, and keep polling: the group drops a member that does not
        poll."""
        self._failures += 1
        self.metrics.failed()
        self.problem = str(error)
        wait = backoff(self._failures)
        log_retry(f"consumer {self._group.group_id}", error, waited=self._waited, wait=wait)
        self._waited += wait
        self._replace_if_lost()
        self._pause()
        until = monotonic() + wait
        while not self._stopping.is_set() and (left := until - monotonic()) > 0:
            if of_new_partitions := self._fetch(1, min(left, _POLL_SECONDS)):
                self._batch += of_new_partitions
                self._pause()

    def _pause(self) -> None:
        self._consumer.pause(self._consumer.assignment())
        self._paused = True

    def _resume(self) -> None:
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False

    def _fetch(self, count: int, seconds: float) -> list[Message]:
        fetched = self._consumer.consume(count, seconds)
        for error in filter(None, (message.error() for message in fetched)):
            if error_kind(error) is PermanentError:
                raise PermanentError(f"kafka: {error.str()}")
            self._in_doubt = True
        mine = {(each.topic, each.partition) for each in self._consumer.assignment()}
        return [message for message in fetched if not message.error() and _place(message) in mine]

    def _give_up(self, consumer: Consumer, partitions: Iterable[TopicPartition]) -> None:
        """Drop uncommitted records of revoked partitions: their next owner reads them again."""
        gone = {(each.topic, each.partition) for each in partitions}
        self._batch = [message for message in self._batch if _place(message) not in gone]
        self._done = {place: offset for place, offset in self._done.items() if place not in gone}
        if self._paused:  # else they would still be paused when they are assigned again
            consumer.resume(list(partitions))

    def _measure_lag(self) -> None:
        waiting = {_place(message): _offset(message) for message in reversed(self._batch)}
        lag = {}
        for each in self._consumer.position(self._consumer.assignment()):
            _, end = self._consumer.get_watermark_offsets(each, cached=True) or (0, 0)
            if each.offset >= 0:
                place = (each.topic, each.partition)
                lag[place] = max(0, end - waiting.get(place, each.offset))
        self.metrics.lag = lag


def _place(message: Message) -> Place:
    return message.topic() or "", message.partition() or 0


def _offset(message: Message) -> int:
    return message.offset() or 0
