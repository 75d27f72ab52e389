"""Commits the stream's positions to a consumer group without members, so that whatever shows the
lag of groups shows that of the stream. Spark itself commits nothing to Kafka."""

from functools import partial
from threading import Condition, Thread
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from service_runtime.errors import PermanentError, TransientError
from service_runtime.kafka import ClientConfig
from service_runtime.renewed_client import RenewedClient
from service_runtime.retry import wait_and_retry
from warehouse.ledger import Positions

_STOPS_WITHIN: Final = 2.0


class GroupOffsets:
    """Commits in a thread of its own: a slow Kafka, or one that refuses, delays only the commits.

    Nobody reads these offsets to go on from them; the ledger says what is done.
    """

    def __init__(self, connection: ClientConfig, group: str) -> None:
        self._consumer = RenewedClient(partial(_consumer, connection, group))
        self._group = group
        self._changed = Condition()
        self._positions: Positions = {}
        self._is_new = self._is_ending = False
        self._thread = Thread(target=self._run, name="group offsets", daemon=True)
        self._thread.start()

    def commit_later(self, positions: Positions) -> None:
        """Have the thread commit these next offsets, with the earlier ones of other partitions."""
        with self._changed:
            self._positions = {**self._positions, **positions}
            self._is_new = True
            self._changed.notify()

    def stop(self) -> None:
        """Commit the last offsets, if that is quick, and end."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        self._thread.join(_STOPS_WITHIN)

    def _run(self) -> None:
        while self._waits_for_news():
            for attempt in wait_and_retry("commit of the group's offsets"):
                with attempt:
                    self._try_to_commit()

    def _waits_for_news(self) -> bool:
        """False once it is to end and nothing is left to commit."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_new or self._is_ending)
            return self._is_new

    def _newest(self) -> Positions:
        with self._changed:
            self._is_new = False
            return self._positions

    def _try_to_commit(self) -> None:
        """A refusal passes too: once a right is granted, or the members of the group have left."""
        try:
            self._commit(self._newest())
        except PermanentError as error:
            raise TransientError(str(error)) from error

    def _commit(self, positions: Positions) -> None:
        """All partitions each time: Kafka forgets a partition's offset after days without one."""
        places = [TopicPartition(*place, offset) for place, offset in positions.items()]
        with self._consumer.use(f"group {self._group}") as consumer:
            for place in consumer.commit(offsets=places, asynchronous=False) or ():
                if place.error is not None:
                    raise KafkaException(place.error)


def _consumer(connection: ClientConfig, group: str) -> Consumer:
    """One that subscribes to nothing, so that it is no member of the group."""
    own = {"group.id": group, "enable.auto.commit": False, "log_level": 0}
    return Consumer({**connection, **own, "reconnect.backoff.max.ms": 2000})
