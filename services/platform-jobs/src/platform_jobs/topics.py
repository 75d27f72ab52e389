"""The topics that must exist."""

from concurrent.futures import Future

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from event_contracts.names import TOPICS
from platform_jobs.settings import Settings
from service_runtime.kafka import client_config, kafka_errors

_TIMEOUT_SECONDS = 10.0
_CONFIG = {
    # Kafka stamps each record itself, so that its order is true.
    "message.timestamp.type": "LogAppendTime",
}


def create_topics(settings: Settings) -> None:
    """Create what is missing; a topic that exists is left as it is.

    Raises TransientError while Kafka is away, PermanentError where it refuses.
    """
    client = _connect(settings)
    topics = [
        NewTopic(
            name,
            num_partitions=settings.topic_partitions,
            replication_factor=settings.topic_replication_factor,
            config=_CONFIG,
        )
        for name in TOPICS
    ]
    created = client.create_topics(topics, request_timeout=_TIMEOUT_SECONDS)
    for name, future in created.items():
        with kafka_errors(name):
            _await_creation(future)


def _connect(settings: Settings) -> AdminClient:
    connection = client_config(settings.kafka_bootstrap_servers, settings)
    with kafka_errors("connection"):
        return AdminClient({**connection, "log_level": 2})


def _await_creation(created: Future[None]) -> None:
    try:
        created.result(2 * _TIMEOUT_SECONDS)
    except KafkaException as failure:
        if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
