"""click-logger's handler as a member of a group that Kafka soon misses when it is killed."""

import os
import signal

from click_logger.main import build_handler
from service_runtime.consumer import ConsumerLoop, Group
from service_runtime.settings import MongoSettings


def main() -> None:
    """Consume `TOPIC` until SIGTERM."""
    connection = {
        "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
    }
    topic = os.environ["TOPIC"]
    group = Group(topic, (topic,), batch_size=300, linger_seconds=1)
    loop = ConsumerLoop(connection, group, build_handler(MongoSettings()))
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    loop.run()


if __name__ == "__main__":
    main()
