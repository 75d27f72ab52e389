"""A Kafka client that is made anew after a failure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from service_runtime.errors import TransientError
from service_runtime.kafka import kafka_errors

Client = TypeVar("Client")


class RenewedClient(Generic[Client]):
    """Made when it is first used, and anew after each TransientError.

    For a client may be lost for good: told that there are no brokers, by a broker that shuts down,
    it forgets those that it knows and may never look for any again (librdkafka #5301). Whoever
    still uses the one before goes on with it; it ends when nobody does.
    """

    def __init__(self, new: Callable[[], Client]) -> None:
        self._new = new
        self._client: Client | None = None

    @contextmanager
    def use(self, what: str) -> Iterator[Client]:
        """The client; errors of Kafka inside are raised as by `kafka_errors`."""
        client = self._client
        try:
            with kafka_errors(what):
                if client is None:
                    client = self._client = self._new()
                yield client
        except TransientError:
            if self._client is client:
                self._client = None
            raise
