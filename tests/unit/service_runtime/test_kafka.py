"""What a Kafka client is told, and the token that it shows to MSK."""

import base64
import os
from urllib.parse import parse_qs, urlsplit

import pytest

from service_runtime.errors import PermanentError
from service_runtime.kafka import client_config

MSK_IAM = {"security.protocol": "SASL_SSL", "sasl.mechanisms": "OAUTHBEARER"}


@pytest.fixture(autouse=True)
def _of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_in_the_clear_only_the_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    assert client_config("k:9092", "plaintext") == {"bootstrap.servers": "k:9092"}


def test_msk_is_spoken_to_over_tls_with_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    config = client_config("a:9098,b:9098", "msk-iam")
    assert callable(config.pop("oauth_cb"))
    assert config == {"bootstrap.servers": "a:9098,b:9098"} | MSK_IAM


@pytest.mark.parametrize("region", [None, ""])
def test_msk_without_a_region_is_refused(
    monkeypatch: pytest.MonkeyPatch, region: str | None
) -> None:
    if region is not None:
        monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(PermanentError, match="AWS_REGION"):
        client_config("k:9098", "msk-iam")


def test_the_token_is_signed_by_the_credentials_of_the_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    new_token = client_config("k:9098", "msk-iam")["oauth_cb"]
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
    new_token = client_config("k:9098", "msk-iam")["oauth_cb"]
    with pytest.raises(Exception, match="nobody"):
        new_token("")
    assert "The config profile (nobody) could not be found" in caplog.text
