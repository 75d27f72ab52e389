"""The Kafka topic as a stream, from offsets that are always named."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from pyspark.sql import DataFrame, SparkSession

from service_runtime.errors import TransientError
from service_runtime.kafka import ClientConfig, client_config
from service_runtime.settings import KafkaSecurity, KafkaSettings
from stream_processor.settings import Settings

_REQUEST_SECONDS: Final = 10
EARLIEST: Final = -2
"""Spark's word for the first offset that Kafka still holds."""


class Topic:
    """What Kafka says of one topic. Raises TransientError while Kafka is away."""

    def __init__(self, connection: ClientConfig, name: str) -> None:
        self._connection = connection
        self._name = name

    @classmethod
    def of(cls, settings: KafkaSettings, name: str) -> "Topic":
        """The topic on the Kafka of the settings."""
        connection = client_config(settings.kafka_bootstrap_servers, settings.kafka_security)
        return cls(connection, name)

    def partitions(self) -> list[int]:
        """The numbers of its partitions."""
        try:
            metadata = self._admin.list_topics(self._name, timeout=_REQUEST_SECONDS)
        except KafkaException as error:
            raise TransientError(f"kafka: {error}") from error
        topic = metadata.topics[self._name]
        if topic.error is not None or not topic.partitions:
            raise TransientError(f"kafka: topic {self._name} is not there yet: {topic.error}")
        return sorted(topic.partitions)

    def earliest(self) -> dict[int, int]:
        """The first offset that each partition still holds."""
        return self._offsets(OffsetSpec.earliest())

    def latest(self) -> dict[int, int]:
        """The offset that each partition's next record will have."""
        return self._offsets(OffsetSpec.latest())

    def at(self, moment: datetime) -> dict[int, int]:
        """The first offset written at `moment` or later; the end where there is none."""
        milliseconds = round(moment.timestamp() * 1000)
        found = self._offsets(OffsetSpec.for_timestamp(milliseconds))
        latest = self.latest()
        return {n: offset if offset >= 0 else latest[n] for n, offset in found.items()}

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient(self._connection)

    def _offsets(self, spec: OffsetSpec) -> dict[int, int]:
        request = {TopicPartition(self._name, number): spec for number in self.partitions()}
        answers = self._admin.list_offsets(request, request_timeout=_REQUEST_SECONDS)
        try:
            return {tp.partition: answer.result().offset for tp, answer in answers.items()}
        except KafkaException as error:
            raise TransientError(f"kafka: {error}") from error


def starting_offsets(partitions: list[int], done: Mapping[int, int]) -> dict[int, int]:
    """Where to begin: after what is done, at the first record of a partition never read."""
    return {number: done.get(number, EARLIEST) for number in partitions}


_MSK_IAM: Final = {
    "kafka.security.protocol": "SASL_SSL",
    "kafka.sasl.mechanism": "AWS_MSK_IAM",
    "kafka.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "kafka.sasl.client.callback.handler.class": (
        "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
    ),
}


def connection_options(bootstrap_servers: str, security: KafkaSecurity) -> dict[str, str]:
    """How Spark's own Kafka client connects; for `msk-iam` by the classes of aws-msk-iam-auth."""
    servers = {"kafka.bootstrap.servers": bootstrap_servers}
    return servers if security == "plaintext" else servers | _MSK_IAM


def read_topic(
    session: SparkSession, settings: Settings, topic: str, offsets: Mapping[int, int]
) -> DataFrame:
    """Columns key, value, partition, offset, timestamp (Kafka's own).

    Offsets that Kafka no longer holds fail the query: data was lost, and somebody must know.
    """
    connection = connection_options(settings.kafka_bootstrap_servers, settings.kafka_security)
    return (
        session.readStream.format("kafka")
        .options(**connection)
        .option("subscribe", topic)
        .option("startingOffsets", json.dumps({topic: {str(n): o for n, o in offsets.items()}}))
        .option("failOnDataLoss", "true")
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .load()
        .select("key", "value", "partition", "offset", "timestamp")
    )
