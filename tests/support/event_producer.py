"""A Kafka and a group commit that do as they are told."""

from collections.abc import Callable, Sequence

from event_producer.intake import Message
from event_producer.refusal import UnavailableError


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


class FakeCommit:
    """Keeps what it takes, unless it is `refusing`."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.refusing = False

    async def submit(self, messages: list[Message]) -> None:
        if self.refusing:
            raise UnavailableError("full")
        self.taken += messages
