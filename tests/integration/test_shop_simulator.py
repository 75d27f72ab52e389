"""shop-simulator, event-producer and Kafka as real processes: the record tells what is there."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from tests.support.kafka import TopicReader, create_topic
from tests.support.platform import kafka_servers, local_settings
from tests.support.service import Service
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from shop_simulator.day_export import CATALOGUE_PATH
from shop_simulator.export_record import decode_days
from shop_simulator.record import Expected, Kind, decode_entries, expected_of
from vitrine_local.environment import BUCKET
from vitrine_local.platform import LocalPlatform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    settings = local_settings(tmp_path_factory.mktemp("shop"))
    with LocalPlatform(settings) as running:
        running.start(["kafka", "s3"])
        create_topic(kafka_servers(running), TOPIC_EVENTOS, partitions=2)
        yield running


@pytest.fixture
def producer(platform: LocalPlatform, tmp_path: Path) -> Iterator[Service]:
    environment = platform.environment("event-producer") | {"SPOOL_PATH": str(tmp_path / "spool")}
    url = f"http://127.0.0.1:{environment['LISTEN_PORT']}"
    service = Service("event_producer.main", environment, url=url, log=tmp_path / "producer")
    yield service.wait_ready()
    service.kill()


def simulator(platform: LocalPlatform, tmp_path: Path, **changes: object) -> Service:
    told = platform.environment("shop-simulator")
    environment = {
        **{name: told[name] for name in ("EVENT_PRODUCER_URL", "LISTEN_PORT")},
        "KAFKA_BOOTSTRAP_SERVERS": kafka_servers(platform),
        "RECORD_PATH": str(tmp_path / "record"),
        "EVENTS_PER_SECOND": "1500",
        "TIME_COMPRESSION": "0",
        "SHARE_LATE": "0.02",
        "SHARE_REPEATED": "0.02",
        "SHARE_BROKEN": "0.02",
        **{name.upper(): str(value) for name, value in changes.items()},
    }
    return Service("shop_simulator.main", environment, url="", log=tmp_path / "simulator")


def expected_from(tmp_path: Path) -> Expected:
    lines = (tmp_path / "record").read_bytes().splitlines(keepends=True)
    return expected_of(decode_entries(lines))


def assert_told_what_is_there(topic: TopicReader, expected: Expected) -> None:
    messages = topic.read()
    dead = {m.key() for m in messages if (m.key() or b"").startswith(b"quebrado-")}
    good = Counter(
        json.loads(m.value() or b"")["id_evento"] for m in messages if m.key() not in dead
    )
    assert {key.decode() for key in dead if key} == set(expected.dead)
    assert good.keys() == expected.events.keys()
    assert good.total() == len(expected.events) + expected.repeats
    assert not expected.unknown


def test_a_run_of_known_length(platform: LocalPlatform, producer: Service, tmp_path: Path) -> None:
    assert producer.status("/readyz") == 200
    topic = TopicReader(kafka_servers(platform), TOPIC_EVENTOS, 2)
    topic.mark()
    assert simulator(platform, tmp_path, max_events=5000).wait(120) == 0
    expected = expected_from(tmp_path)
    assert_told_what_is_there(topic, expected)
    told = len(expected.events) + expected.repeats + len(expected.dead) + expected.refused
    assert told == 5000
    assert min(expected.repeats, len(expected.dead), expected.refused) > 10


def test_told_to_end_it_leaves_a_complete_record(
    platform: LocalPlatform, producer: Service, tmp_path: Path
) -> None:
    assert producer.status("/readyz") == 200
    topic = TopicReader(kafka_servers(platform), TOPIC_EVENTOS, 2)
    topic.mark()
    shop = simulator(platform, tmp_path, batch_size=1, share_broken=0.2)
    record = tmp_path / "record"
    wait_until(
        lambda: record.exists() and record.read_bytes().count(b"\n") > 1000,
        "a thousand events are written down",
        seconds=60,
    )
    assert shop.terminate() == 0
    assert_told_what_is_there(topic, expected_from(tmp_path))
    kinds = {e.kind for e in decode_entries(record.read_bytes().splitlines(keepends=True))}
    assert Kind.BROKEN_KAFKA in kinds


def test_past_days_are_exported_while_it_sells(
    platform: LocalPlatform, producer: Service, tmp_path: Path
) -> None:
    assert producer.status("/readyz") == 200
    told = platform.environment("shop-simulator")
    client = boto3.client(
        "s3",
        endpoint_url=told["S3_ENDPOINT_URL"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )
    names = {name for name in told if name.startswith(("S3_", "AWS_", "EXPORT_URL"))}
    days, given = tmp_path / "days", {name: told[name] for name in names}
    shop = simulator(platform, tmp_path, history_days=2, export_record_path=days, **given)
    wait_until(
        lambda: days.exists() and days.read_bytes().count(b"\n") == 2, "two days", seconds=60
    )
    assert (tmp_path / "record").read_bytes()
    assert shop.terminate() == 0
    entries = decode_days(days.read_bytes().splitlines(keepends=True)).values()
    paths = {file.arquivo for entry in entries for file in entry.arquivos}
    objects = client.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert {each["Key"] for each in objects} == paths | {CATALOGUE_PATH}
