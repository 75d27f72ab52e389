"""What click-logger costs, and what the store takes from a loop that does nothing but insert."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from confluent_kafka import Consumer, Message, TopicPartition
from tests.bench.cpu import cpu_seconds
from tests.bench.events import fill
from tests.bench.progress import Subject, cost
from tests.bench.stream import Figures
from tests.support.click_log import plain_count, stored
from tests.support.kafka import TopicReader
from tests.support.platform import kafka_servers, local_settings, mongo_url

from click_logger.click_log import document_of
from click_logger.records import read_records
from event_contracts.names import TOPIC_EVENTOS
from service_runtime.mongo import connect
from service_runtime.settings import MongoSettings
from vitrine_local.platform import LocalPlatform

OURS: Final = "click-logger"
PARTITIONS: Final = 2
WARM_UP: Final = 20_000
EVENTS: Final = 300_000
INSERTED: Final = 50_000
AT_ONCE: Final = 500


def beside_a_bare_insert() -> Figures:
    """Events per CPU second of click-logger's process, once all of them are found in MongoDB."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        LocalPlatform(local_settings(Path(folder))) as platform,
    ):
        platform.start(["kafka", "mongo", "setup"])
        fill(kafka_servers(platform), WARM_UP + EVENTS)
        platform.start_part(OURS)
        subject = _subject(platform)
        begin = subject.mark_when(WARM_UP, within=600)
        end = subject.mark_when(WARM_UP + EVENTS, within=3600)
        platform.stop(OURS)
        messages = TopicReader(kafka_servers(platform), TOPIC_EVENTOS, PARTITIONS).read()
        settings = MongoSettings(mongo_url=mongo_url(platform))
        with connect(settings, application="bench", timeout=None) as client:
            assert stored(client[settings.mongo_database]) == plain_count(messages)
        ours = cost(begin, end)
        return {
            "events_per_cpu_s": round(1e6 / ours["cpu_s_per_million"]),
            "events_per_s": ours["events_per_s"],
            "cores": ours["cores"],
            "bare_insert": _bare_insert(settings, messages[:INSERTED]),
        }


def _subject(platform: LocalPlatform) -> Subject:
    asking = Consumer({"bootstrap.servers": kafka_servers(platform), "group.id": OURS})
    partitions = [TopicPartition(TOPIC_EVENTOS, number) for number in range(PARTITIONS)]
    return Subject(
        cpu_seconds=lambda: cpu_seconds(platform.process_ids(OURS)),
        read=lambda: (sum(max(0, p.offset) for p in asking.committed(partitions, timeout=30)),),
        watch=platform.watch,
    )


def _bare_insert(settings: MongoSettings, messages: list[Message]) -> Figures:
    """The same documents, made beforehand, into another collection."""
    events = read_records(messages).events
    documents = {e.id_evento: document_of(e, now=e.moment) for e in events}
    whole = list(documents.values())
    with connect(settings, application="bench", timeout=None) as client:
        collection = client[settings.mongo_database]["bare"]
        began, used = time.monotonic(), time.process_time()
        for first in range(0, len(whole), AT_ONCE):
            collection.insert_many(whole[first : first + AT_ONCE], ordered=False)
        used, took = time.process_time() - used, time.monotonic() - began
    return {
        "documents_per_cpu_s": round(len(whole) / used),
        "documents_per_s": round(len(whole) / took),
    }
