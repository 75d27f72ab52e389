"""How Spark's own Kafka client connects."""

import json
from typing import Final

from pydantic import SecretStr

from service_runtime.settings import KafkaSecuritySettings

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
    """Options of a source or sink; for `msk-iam` by the classes of aws-msk-iam-auth."""
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
    """The text of a secret that the settings have checked to be set."""
    assert secret is not None
    return secret.get_secret_value()
