"""The Kafka topic as a stream, from offsets that are always named."""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Final

from pydantic import SecretStr
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from service_runtime.settings import KafkaSecuritySettings
from stream_processor.settings import Settings
from warehouse.ledger import OffsetRange

_SCRAM_LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"
_MSK_IAM: Final = {
    "kafka.security.protocol": "SASL_SSL",
    "kafka.sasl.mechanism": "AWS_MSK_IAM",
    "kafka.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "kafka.sasl.client.callback.handler.class": (
        "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
    ),
}


def connection_options(bootstrap_servers: str, access: KafkaSecuritySettings) -> dict[str, str]:
    """How Spark's own Kafka client connects; for `msk-iam` by the classes of aws-msk-iam-auth."""
    servers = {"kafka.bootstrap.servers": bootstrap_servers}
    if access.kafka_security == "plaintext":
        return servers
    return servers | _secured(access) | _authority(access.kafka_ca)


def _secured(access: KafkaSecuritySettings) -> dict[str, str]:
    match access.kafka_security:
        case "msk-iam":
            return _MSK_IAM
        case "sasl-scram":
            return _scram(access)
        case "mtls":
            return _client_certificate(access)
        case _:
            return {"kafka.security.protocol": "SSL"}


def _authority(certificate: SecretStr | None) -> dict[str, str]:
    if certificate is None:
        return {}
    text = certificate.get_secret_value()
    return {"kafka.ssl.truststore.type": "PEM", "kafka.ssl.truststore.certificates": text}


def _client_certificate(access: KafkaSecuritySettings) -> dict[str, str]:
    return {
        "kafka.security.protocol": "SSL",
        "kafka.ssl.keystore.type": "PEM",
        "kafka.ssl.keystore.certificate.chain": _text(access.kafka_certificate),
        "kafka.ssl.keystore.key": _text(access.kafka_key),
    }


def _scram(access: KafkaSecuritySettings) -> dict[str, str]:
    login = {"username": access.kafka_username, "password": _text(access.kafka_password)}
    told = " ".join(f"{name}={json.dumps(value)}" for name, value in login.items())
    return {
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "SCRAM-SHA-512",
        "kafka.sasl.jaas.config": f"{_SCRAM_LOGIN} required {told};",
    }


def _text(secret: SecretStr | None) -> str:
    """Of what the settings have made sure to be there."""
    assert secret is not None
    return secret.get_secret_value()


def read_topics(
    session: SparkSession, settings: Settings, offsets: Mapping[str, Mapping[int, int]]
) -> DataFrame:
    """Columns topic, key, value, partition, offset, timestamp (Kafka's own) of every topic named.

    Only what is committed is read. Offsets that Kafka no longer holds fail the query: data was
    lost, and somebody must know.
    """
    connection = connection_options(settings.kafka_bootstrap_servers, settings)
    begin = {topic: {str(n): o for n, o in found.items()} for topic, found in offsets.items()}
    return (
        session.readStream.format("kafka")
        .options(**connection)
        .option("kafka.isolation.level", "read_committed")
        .option("kafka.max.poll.records", 10_000)
        .option("kafka.max.partition.fetch.bytes", 8 * 2**20)
        .option("subscribe", ",".join(offsets))
        .option("startingOffsets", json.dumps(begin))
        .option("failOnDataLoss", "true")
        .option("maxOffsetsPerTrigger", settings.max_offsets_per_trigger)
        .load()
        .select("topic", "key", "value", "partition", "offset", "timestamp")
    )


def within(ranges: Iterable[OffsetRange]) -> Column:
    """Whether a record lies in one of the ranges, of which there is at least one."""
    return reduce(or_, map(_in_range, ranges))


def _in_range(span: OffsetRange) -> Column:
    return (
        (F.col("topic") == span.topic)
        & (F.col("partition") == span.partition)
        & F.col("offset").between(span.off_from, span.off_to - 1)
    )
