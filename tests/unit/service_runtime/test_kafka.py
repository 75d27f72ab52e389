"""What a Kafka client is told, the token that it shows to MSK, and which errors pass."""

import base64
import os
from urllib.parse import parse_qs, urlsplit

import pytest
from confluent_kafka import KafkaError, KafkaException
from pydantic import ValidationError

from service_runtime.errors import PermanentError, TransientError
from service_runtime.kafka import client_config, kafka_errors
from service_runtime.settings import KafkaSecuritySettings

MSK_IAM = {"security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER"}


def access(security: str, **more: str) -> KafkaSecuritySettings:
    return KafkaSecuritySettings.model_validate({"kafka_security": security, **more})


@pytest.fixture(autouse=True)
def _of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def test_in_the_clear_only_the_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    assert client_config("k:9092", access("plaintext")) == {"bootstrap.servers": "k:9092"}


def test_msk_is_spoken_to_over_tls_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    config = client_config("a:9098,b:9098", access("msk-iam"))
    assert callable(config.pop("oauth_cb"))
    assert config == {"bootstrap.servers": "a:9098,b:9098"} | MSK_IAM


def test_the_systems_authorities_are_those_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/company.pem")
    assert client_config("k:9093", access("tls"))["ssl.ca.location"] == "/etc/company.pem"
    own = client_config("k:9093", access("tls", kafka_ca="PEM"))
    assert own["ssl.ca.pem"] == "PEM"
    assert "ssl.ca.location" not in own


@pytest.mark.parametrize(
    ("security", "named"),
    [
        pytest.param("sasl-scram", "KAFKA_USERNAME and KAFKA_PASSWORD", id="a password"),
        pytest.param("mtls", "KAFKA_CERTIFICATE and KAFKA_KEY", id="a certificate"),
    ],
)
def test_what_a_way_needs_is_named(security: str, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        access(security)


@pytest.mark.parametrize("region", [None, ""])
def test_msk_without_a_region_is_refused(
    monkeypatch: pytest.MonkeyPatch, region: str | None
) -> None:
    if region is not None:
        monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(PermanentError, match="AWS_REGION"):
        client_config("k:9098", access("msk-iam"))


def test_the_token_is_signed_by_the_credentials_of_the_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    new_token = client_config("k:9098", access("msk-iam"))["oauth_cb"]
    for key in ("AKIDFIRST", "AKIDSECOND"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        token, expires_at = new_token("")
        url = urlsplit(base64.urlsafe_b64decode(token + "==").decode())
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        day = asked["X-Amz-Date"][:8]
        assert url.hostname == "kafka.sa-east-1.amazonaws.com"
        assert asked["Action"] == "kafka-cluster:Connect"
        assert asked["X-Amz-Credential"] == f"{key}/{day}/sa-east-1/kafka-cluster/aws4_request"
        assert len(asked["X-Amz-Signature"]) == 64
        assert 1.7e9 < expires_at < 1e10, "seconds, not milliseconds"


def test_why_there_is_no_token_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    new_token = client_config("k:9098", access("msk-iam"))["oauth_cb"]
    with pytest.raises(Exception, match="nobody"):
        new_token("")
    assert "The config profile (nobody) could not be found" in caplog.text


PASSING = [
    "_ALL_BROKERS_DOWN",
    "_ASSIGNMENT_LOST",
    "_AUTHENTICATION",
    "_MSG_TIMED_OUT",
    "_NOENT",
    "_QUEUE_FULL",
    "_RESOLVE",
    "_SSL",
    "_TIMED_OUT",
    "_TRANSPORT",
    "_UNKNOWN_TOPIC",
    "COORDINATOR_LOAD_IN_PROGRESS",
    "ILLEGAL_GENERATION",
    "LEADER_NOT_AVAILABLE",
    "NOT_CONTROLLER",
    "NOT_ENOUGH_REPLICAS",
    "NOT_LEADER_FOR_PARTITION",
    "REBALANCE_IN_PROGRESS",
    "REQUEST_TIMED_OUT",
    "SASL_AUTHENTICATION_FAILED",
    "THROTTLING_QUOTA_EXCEEDED",
    "UNKNOWN",
    "UNKNOWN_MEMBER_ID",
    "UNKNOWN_TOPIC_OR_PART",
]
FINAL = [
    "_AUTO_OFFSET_RESET",
    "_BAD_MSG",
    "_FATAL",
    "_FENCED",
    "_INVALID_ARG",
    "_UNSUPPORTED_FEATURE",
    "CLUSTER_AUTHORIZATION_FAILED",
    "FENCED_INSTANCE_ID",
    "GROUP_AUTHORIZATION_FAILED",
    "INVALID_REPLICATION_FACTOR",
    "INVALID_PRODUCER_EPOCH",
    "MSG_SIZE_TOO_LARGE",
    "OFFSET_OUT_OF_RANGE",
    "POLICY_VIOLATION",
    "TOPIC_ALREADY_EXISTS",
    "TOPIC_AUTHORIZATION_FAILED",
    "UNSUPPORTED_VERSION",
]


def raise_error(name: str, **flags: bool) -> None:
    with kafka_errors("a topic"):
        raise KafkaException(KafkaError(getattr(KafkaError, name), "said Kafka", **flags))


@pytest.mark.parametrize("name", PASSING)
def test_what_passes(name: str) -> None:
    with pytest.raises(TransientError, match=r"^kafka: a topic: said Kafka$"):
        raise_error(name)


@pytest.mark.parametrize("name", FINAL)
def test_what_is_final(name: str) -> None:
    with pytest.raises(PermanentError, match=r"^kafka: a topic: said Kafka$"):
        raise_error(name)


def test_what_the_client_itself_says_goes_first() -> None:
    with pytest.raises(TransientError):
        raise_error("INVALID_TXN_STATE", retriable=True)
    with pytest.raises(PermanentError):
        raise_error("_TIMED_OUT", fatal=True)


def test_no_answer_in_time_passes() -> None:
    with pytest.raises(TransientError, match="no answer in time"), kafka_errors("a topic"):
        raise TimeoutError
