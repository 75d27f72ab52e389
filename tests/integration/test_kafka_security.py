"""Every client of Kafka in the product, at a real Kafka secured in each way that it can be."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from tests.support.platform import local_settings
from tests.support.secured_kafka import (
    PASSWORD,
    REAUTHENTICATE_MS,
    USERNAME,
    Certificate,
    TokenListener,
    secured_broker,
    unsecured_token,
)
from tests.support.stream import STREAM
from tests.support.waiting import wait_until

from event_producer.intake import Message
from service_runtime.committed_offsets import CommittedOffsets
from service_runtime.errors import TransientError
from service_runtime.kafka import ClientConfig, client_config
from service_runtime.producer import KafkaSender, connect_producer
from service_runtime.settings import KafkaSecuritySettings
from service_runtime.topic import Topic
from shop_simulator.fault_injection import Sending
from shop_simulator.record import Entry, Fate, Kind
from shop_simulator.storage import KafkaBypass
from spark_runtime.kafka import connection_options
from vitrine_local import jars
from vitrine_local.credentials import write_secret
from vitrine_local.platform import LocalPlatform

TOPIC = "t"
MESSAGES = [Message("u1", b"{%d}" % n, {}) for n in range(10)]


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def msk(address: str, certificate: Certificate) -> ClientConfig:
    """As in production, but for whom to trust."""
    trust = {"ssl.ca.location": str(certificate.path), "log_level": 0}
    return client_config(address, KafkaSecuritySettings(kafka_security="msk-iam")) | trust


def sender(connection: ClientConfig, *, timeout: float = 5.0) -> KafkaSender:
    connect = partial(connect_producer, connection, client_id="tests", delivery_timeout=timeout)
    return KafkaSender(connect, topic=TOPIC, delivery_timeout=timeout)


def put(connection: ClientConfig, *, timeout: float = 5.0) -> list[Fate]:
    told: list[Fate] = []
    bypass = KafkaBypass(connection, topic=TOPIC)
    bypass.put(Sending(b"{}", Entry(kind=Kind.BROKEN_KAFKA, chave="u1")), told.append)
    bypass.close(timeout)
    return told


@pytest.fixture
def listener(certificate: Certificate) -> Iterator[TokenListener]:
    listener = TokenListener(certificate)
    yield listener
    listener.close()


def _ends(connection: ClientConfig) -> None:
    with pytest.raises(TransientError):
        Topic(connection, TOPIC, timeout=2.0).latest()


USES: dict[str, Callable[[ClientConfig], object]] = {
    "event-producer": lambda connection: sender(connection, timeout=1.0).send(MESSAGES),
    "shop-simulator": partial(put, timeout=1.0),
    "analytics-api and stream-processor": _ends,
}


@pytest.mark.parametrize("name", USES)
def test_each_client_shows_a_token_that_the_credentials_signed(
    name: str, listener: TokenListener, certificate: Certificate
) -> None:
    USES[name](msk(listener.address, certificate))
    url = base64.urlsafe_b64decode(listener.tokens[0] + "==").decode()
    assert url.startswith("https://kafka.sa-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&")
    assert "X-Amz-Credential=AKIDTEST%2F" in url
    assert "X-Amz-Signature=" in url


@pytest.fixture(scope="module")
def brokers(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[dict[str, str]]:
    with secured_broker(tmp_path_factory.mktemp("broker"), certificate) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def broker(brokers: dict[str, str]) -> str:
    return brokers["msk-iam"]


class Tokens:
    """In place of what signs for MSK, since a broker outside AWS cannot verify that."""

    def __init__(self, *, seconds: float) -> None:
        self.given = 0
        self._seconds = seconds

    def __call__(self, _config: str) -> tuple[str, float]:
        self.given += 1
        return unsecured_token(seconds=self._seconds)


@pytest.fixture
def topic(broker: str, certificate: Certificate) -> Iterator[None]:
    admin = AdminClient(msk(broker, certificate) | {"oauth_cb": Tokens(seconds=60)})
    admin.create_topics([NewTopic(TOPIC, 1)])[TOPIC].result(10)
    yield
    admin.delete_topics([TOPIC])[TOPIC].result(10)


@pytest.mark.usefixtures("topic")
def test_each_client_is_let_in(broker: str, certificate: Certificate) -> None:
    connection = msk(broker, certificate) | {"oauth_cb": Tokens(seconds=60)}
    assert sender(connection).send(MESSAGES) == set()
    assert put(connection) == [Fate.ACCEPTED]
    ends = {0: len(MESSAGES) + 1}
    assert Topic(connection, TOPIC).latest() == ends


@pytest.mark.usefixtures("topic")
def test_a_client_that_rests_is_let_in_after_its_token_expired(
    broker: str, certificate: Certificate
) -> None:
    tokens = Tokens(seconds=3 * REAUTHENTICATE_MS / 1000)
    connection = msk(broker, certificate) | {"oauth_cb": tokens}
    producer, topic = sender(connection), Topic(connection, TOPIC)
    group = CommittedOffsets(connection, "group", timeout=10)
    assert producer.send(MESSAGES) == set()
    assert topic.latest() == {0: len(MESSAGES)}
    assert group.of(TOPIC, [0]) == {}
    wait_until(lambda: tokens.given >= 9, "new tokens are asked for")
    assert producer.send(MESSAGES) == set()
    assert topic.latest() == {0: 2 * len(MESSAGES)}
    assert group.of(TOPIC, [0]) == {}


def test_a_token_that_kafka_does_not_take_is_an_outage(
    broker: str, certificate: Certificate
) -> None:
    connection = msk(broker, certificate)
    assert sender(connection, timeout=1.0).send(MESSAGES) == {message.value for message in MESSAGES}
    with pytest.raises(TransientError):
        Topic(connection, TOPIC, timeout=2.0).latest()


def access(kind: str, certificate: Certificate, **changes: object) -> KafkaSecuritySettings:
    given = {
        "tls": {},
        "sasl-scram": {"kafka_username": USERNAME, "kafka_password": PASSWORD},
        "mtls": {"kafka_certificate": certificate.chain, "kafka_key": certificate.key},
    }[kind]
    told = {"kafka_security": kind, "kafka_ca": certificate.chain, **given, **changes}
    return KafkaSecuritySettings.model_validate(told)


BEYOND_MSK = ("tls", "sasl-scram", "mtls")


@pytest.mark.usefixtures("topic")
@pytest.mark.parametrize("kind", BEYOND_MSK)
def test_each_client_is_let_in_by_other_kafkas(
    kind: str, brokers: dict[str, str], certificate: Certificate
) -> None:
    connection = client_config(brokers[kind], access(kind, certificate))
    assert sender(connection).send(MESSAGES) == set()
    assert put(connection) == [Fate.ACCEPTED]
    assert Topic(connection, TOPIC).latest() == {0: len(MESSAGES) + 1}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        pytest.param("tls", {"kafka_ca": None}, id="an authority that nobody named"),
        pytest.param("sasl-scram", {"kafka_password": "another"}, id="a wrong password"),
        pytest.param("mtls", {"kafka_security": "tls"}, id="no certificate"),
    ],
)
def test_who_cannot_show_it_is_kept_out(
    kind: str, changes: dict[str, object], brokers: dict[str, str], certificate: Certificate
) -> None:
    connection = client_config(brokers[kind], access(kind, certificate, **changes))
    with pytest.raises(TransientError):
        Topic(connection | {"log_level": 0}, TOPIC, timeout=3.0).latest()


SPARK: Final = """
import json, sys
from stream_processor.session import build_session
from stream_processor.settings import Settings
session = build_session(Settings(), {})
for options in json.load(sys.stdin):
    read = session.read.format("kafka").options(**options).option("subscribe", sys.argv[1])
    print("read:", read.load().count())
"""


@pytest.mark.usefixtures("topic")
def test_spark_is_let_in_too(
    brokers: dict[str, str], certificate: Certificate, tmp_path: Path
) -> None:
    connection = client_config(brokers["tls"], access("tls", certificate))
    assert sender(connection).send(MESSAGES) == set()
    platform = LocalPlatform(local_settings(tmp_path))
    environment = platform.environment(STREAM)
    write_secret(platform.layout.secrets / "warehouse_password", "unused")
    jars.fetch(jars.locked_jars({"spark"}), platform.layout.cache / "jars", lambda _done, _of: None)
    options = [connection_options(brokers[kind], access(kind, certificate)) for kind in BEYOND_MSK]
    done = subprocess.run(
        [sys.executable, "-c", SPARK, TOPIC],
        env=environment,
        input=json.dumps(options),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:3] == [f"read: {len(MESSAGES)}"] * 3, done.stderr[-3000:]
    assert PASSWORD not in done.stderr


def test_the_topics_job_waits_for_credentials_but_not_for_a_region(tmp_path: Path) -> None:
    unrelated = dict.fromkeys(("WAREHOUSE_HOST", "WAREHOUSE_USER", "WAREHOUSE_PASSWORD"), "x")
    nobody = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    environment = {
        **unrelated,
        **nobody,
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "MONGO_URL": "mongodb://127.0.0.1:1",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "KAFKA_SECURITY": "msk-iam",
        "PATIENCE_SECONDS": "1",
    }

    def run(**more: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "platform_jobs.main", "topics"],
            env={**environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        ).stdout

    assert "PermanentError: KAFKA_SECURITY=msk-iam needs AWS_REGION" in run()
    without = run(AWS_REGION="sa-east-1")
    assert "no token for MSK" in without
    assert "TransientError" in without
