"""A member of a consumer group as a process of its own: it notes what it is given in a file."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import Message

from service_runtime.consumer import ConsumerLoop, Group


def main() -> None:
    """Consume `TOPIC` until SIGTERM, a line `partition offset` in `NOTES` for each record."""
    notes = Path(os.environ["NOTES"]).open("a", encoding="utf-8")  # noqa: SIM115

    def note(batch: Sequence[Message]) -> None:
        notes.writelines(f"{message.partition()} {message.offset()}\n" for message in batch)
        notes.flush()

    connection = {
        "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        "session.timeout.ms": 6000,
    }
    topic = os.environ["TOPIC"]
    loop = ConsumerLoop(connection, Group(topic, (topic,), batch_size=100), note)
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    loop.run()


if __name__ == "__main__":
    main()
