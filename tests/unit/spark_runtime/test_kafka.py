"""How Spark's own Kafka client connects."""

from service_runtime.settings import KafkaSecuritySettings
from spark_runtime.kafka import connection_options


def access(security: str) -> KafkaSecuritySettings:
    return KafkaSecuritySettings.model_validate({"kafka_security": security})


def test_in_the_clear_only_the_address_is_told() -> None:
    assert connection_options("k:9092", access("plaintext")) == {
        "kafka.bootstrap.servers": "k:9092"
    }


def test_msk_is_spoken_to_by_its_own_login() -> None:
    handler = "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
    assert connection_options("k:9098", access("msk-iam")) == {
        "kafka.bootstrap.servers": "k:9098",
        "kafka.security.protocol": "SASL_SSL",
        "kafka.sasl.mechanism": "AWS_MSK_IAM",
        "kafka.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "kafka.sasl.client.callback.handler.class": handler,
    }
