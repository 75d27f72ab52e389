"""The connection of every Kafka client, and which Kafka errors are transient."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from service_runtime.errors import PermanentError, TransientError
from service_runtime.settings import KafkaSecuritySettings

_log = logging.getLogger(__name__)

ClientConfig = dict[str, Any]
"""The properties of a confluent-kafka client."""


def client_config(bootstrap_servers: str, access: KafkaSecuritySettings) -> ClientConfig:
    """The properties of the connection; a client adds its own.

    A client for `msk-iam` waits for its first token when it is created, and raises KafkaException
    after ten seconds without one; it fetches later tokens in the background, without poll(). Raises
    PermanentError if `msk-iam` has no AWS_REGION.
    """
    servers: ClientConfig = {"bootstrap.servers": bootstrap_servers}
    if access.kafka_security == "plaintext":
        return servers
    return servers | _secured(access) | _authorities(access)


def _secured(access: KafkaSecuritySettings) -> ClientConfig:
    match access.kafka_security:
        case "msk-iam":
            return _msk_iam(_region())
        case "sasl-scram":
            return _scram(access)
        case "mtls":
            return _client_certificate(access)
        case _:
            return {"security.protocol": "SSL"}


def _authorities(access: KafkaSecuritySettings) -> ClientConfig:
    """librdkafka's own OpenSSL does not read the variable by which others find the system's."""
    if access.kafka_ca is None and (system := os.environ.get("SSL_CERT_FILE")):
        return {"ssl.ca.location": system}
    return _given({"ssl.ca.pem": access.kafka_ca})


def _client_certificate(access: KafkaSecuritySettings) -> ClientConfig:
    pem = {"ssl.certificate.pem": access.kafka_certificate, "ssl.key.pem": access.kafka_key}
    return {"security.protocol": "SSL"} | _given(pem)


def _scram(access: KafkaSecuritySettings) -> ClientConfig:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": access.kafka_username,
    } | _given({"sasl.password": access.kafka_password})


def _given(secrets: Mapping[str, SecretStr | None]) -> ClientConfig:
    return {name: secret.get_secret_value() for name, secret in secrets.items() if secret}


def _region() -> str:
    region = os.environ.get("AWS_REGION")
    if not region:
        raise PermanentError("KAFKA_SECURITY=msk-iam needs AWS_REGION")
    return region


def _msk_iam(region: str) -> ClientConfig:
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "oauth_cb": _token_source(region),
    }


def _token_source(region: str) -> Callable[[str], tuple[str, float]]:
    # Imported here, since botocore is 26 MB of memory that Kafka in the clear need not pay for.
    from aws_msk_iam_sasl_signer.MSKAuthTokenProvider import generate_auth_token

    def new_token(_config: str) -> tuple[str, float]:
        try:
            token, expires_at_ms = generate_auth_token(region)
        except Exception:
            # librdkafka tells nobody why, and asks again in ten seconds.
            _log.exception("no token for MSK")
            raise
        return token, expires_at_ms / 1000

    return new_token


TRANSIENT_CODES: Final = frozenset(
    {
        # what librdkafka itself finds
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._ASSIGNMENT_LOST,
        KafkaError._AUTHENTICATION,
        KafkaError._CRIT_SYS_RESOURCE,
        KafkaError._FAIL,
        KafkaError._INTR,
        KafkaError._IN_PROGRESS,
        KafkaError._ISR_INSUFF,
        KafkaError._MAX_POLL_EXCEEDED,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._NODE_UPDATE,
        KafkaError._NOENT,  # no partition has a leader now
        KafkaError._NO_OFFSET,
        KafkaError._OUTDATED,
        KafkaError._PREV_IN_PROGRESS,
        KafkaError._PURGE_INFLIGHT,
        KafkaError._PURGE_QUEUE,
        KafkaError._QUEUE_FULL,
        KafkaError._RESOLVE,
        KafkaError._RETRY,
        KafkaError._SSL,
        KafkaError._STATE,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._TRANSPORT,
        KafkaError._UNKNOWN_BROKER,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._WAIT_CACHE,
        KafkaError._WAIT_COORD,
        # what Kafka's protocol calls retriable
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.CONCURRENT_TRANSACTIONS,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.FETCH_SESSION_ID_NOT_FOUND,
        KafkaError.INVALID_FETCH_SESSION_EPOCH,
        KafkaError.INVALID_MSG,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.LISTENER_NOT_FOUND,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_CONTROLLER,
        KafkaError.NOT_COORDINATOR,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.PREFERRED_LEADER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.THROTTLING_QUOTA_EXCEEDED,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        # a member of a group that has to join it again
        KafkaError.FENCED_MEMBER_EPOCH,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.MEMBER_ID_REQUIRED,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.STALE_MEMBER_EPOCH,
        KafkaError.UNKNOWN_MEMBER_ID,
        # a broker that does not know what befell it
        KafkaError.UNKNOWN,
        # no token yet, or one that expired: credentials are renewed outside
        KafkaError.SASL_AUTHENTICATION_FAILED,
    }
)
"""Listed here since `KafkaError.retriable()` is false for most of them."""


@contextmanager
def kafka_errors(what: str) -> Iterator[None]:
    """Turns what confluent-kafka raises inside into TransientError or PermanentError."""
    try:
        yield
    except KafkaException as failure:
        error: KafkaError = failure.args[0]
        raise error_kind(error)(f"kafka: {what}: {error.str()}") from failure
    except TimeoutError as failure:
        raise TransientError(f"kafka: {what}: no answer in time") from failure


def error_kind(error: KafkaError) -> type[TransientError | PermanentError]:
    """Whether the same request may succeed later; what is not known to pass is final."""
    if error.fatal():
        return PermanentError
    passes = error.retriable() or error.code() in TRANSIENT_CODES
    return TransientError if passes else PermanentError
