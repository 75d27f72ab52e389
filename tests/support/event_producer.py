"""A Kafka that does as it is told."""

from collections.abc import Callable, Sequence

from event_producer.intake import Message


class FakeSender:
    """Keeps what it takes; `refuse` picks the messages that it does not."""

    def __init__(self, refuse: Callable[[Message], bool] = lambda _message: False) -> None:
        self.refuse = refuse
        self.taken: list[Message] = []
        self.calls = 0

    def send(self, messages: Sequence[Message]) -> set[bytes]:
        self.calls += 1
        refused = {message.value for message in messages if self.refuse(message)}
        self.taken += [message for message in messages if message.value not in refused]
        return refused
