"""The topics that must exist."""

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from event_contracts.names import TOPICS
from platform_jobs.settings import Settings
from service_runtime.errors import PermanentError, TransientError
from service_runtime.kafka import client_config

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
        try:
            future.result(2 * _TIMEOUT_SECONDS)
        except KafkaException as failure:
            _judge(name, failure.args[0])


def _connect(settings: Settings) -> AdminClient:
    connection = client_config(settings.kafka_bootstrap_servers, settings.kafka_security)
    try:
        return AdminClient({**connection, "log_level": 2})
    except KafkaException as failure:
        raise TransientError(f"kafka: {failure}") from failure


def _judge(name: str, error: KafkaError) -> None:
    if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
        return
    away = error.retriable() or error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT)
    kind = TransientError if away else PermanentError
    raise kind(f"kafka: {name}: {error.str()}")
