"""What the stream costs, alone and beside the plain job."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench.comparison import differing_events, differing_minutes
from tests.bench.cpu import cpu_seconds
from tests.bench.events import fill
from tests.bench.plain_run import plain_job
from tests.bench.progress import Subject, committed_offsets, cost
from tests.support.platform import kafka_servers, local_settings, mongo_url
from tests.support.stream import STREAM, Stream

from event_contracts.names import COLLECTION_METRICAS, QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.mongo import connect
from service_runtime.settings import MongoSettings
from vitrine_local.declared_parts import BACKING
from vitrine_local.platform import LocalPlatform
from warehouse import ledger
from warehouse.audit import audit

Figures = dict[str, Any]
OFFSETS_PER_BATCH: Final = 250_000
"""Of the plain job: the same as the stream's own."""


@contextmanager
def fresh_platform() -> Iterator[Stream]:
    """Backing parts without data; the stream does not run yet."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        LocalPlatform(local_settings(Path(folder))) as platform,
    ):
        platform.start([*BACKING, "setup"])
        yield Stream.of(platform)


def beside_the_plain_job(millions: int, *, warm_up: int) -> Figures:
    """CPU seconds per million events of both, after so many millions of warm-up."""
    total = (warm_up + millions) * 1_000_000
    with fresh_platform() as stream:
        print(f"putting {total:,} events on Kafka …", flush=True)
        fill(kafka_servers(stream.platform), total)
        print("the stream reads them …", flush=True)
        stream.platform.start_part(STREAM)
        ours = _measured(_subject(stream), warm_up * 1_000_000, total)
        stream.platform.stop(STREAM)
        print("the plain job reads them …", flush=True)
        with plain_job(stream.platform, offsets_per_batch=OFFSETS_PER_BATCH) as job:
            theirs = _measured(job, warm_up * 1_000_000, total)
        print("comparing row by row …", flush=True)
        report = audit(stream.warehouse)
        assert report.exact, report.problems
        differing = _differing(stream)
    assert differing == {"events": 0, "minutes": 0}, differing
    ratio = ours["cpu_s_per_million"] / theirs["cpu_s_per_million"]
    return {"stream": ours, "plain": theirs, "ratio": round(ratio, 2)}


def backlog() -> Figures:
    """A million events on a fresh platform, from the start of the stream until all are read."""
    with fresh_platform() as stream:
        fill(kafka_servers(stream.platform), 1_000_000)
        begun = time.monotonic()
        stream.platform.start_part(STREAM)
        end = _subject(stream).mark_when(1_000_000, within=600)
        return {"seconds": round(end.at - begun, 1), "cpu_seconds": round(end.cpu_seconds, 1)}


def _measured(subject: Subject, begin: int, end: int) -> Figures:
    warm = subject.mark_when(begin, within=600)
    return cost(warm, subject.mark_when(end, within=1800))


def _subject(stream: Stream) -> Subject:
    """Both queries of the stream: how far the ledger and the log of Spark's batches are."""
    temporary = stream.platform.layout.temporary_of(STREAM)

    def read() -> tuple[int, ...]:
        with stream.warehouse.transaction() as transaction:
            done = ledger.positions(transaction, query=QUERY_WAREHOUSE)
        loaded = sum(off_to for (topic, _), off_to in done.items() if topic == TOPIC_EVENTOS)
        return loaded, sum(map(committed_offsets, temporary.glob("metrics-query-*")))

    return Subject(
        cpu_seconds=lambda: cpu_seconds(stream.platform.process_ids(STREAM)),
        read=read,
        watch=stream.platform.watch,
    )


def _differing(stream: Stream) -> dict[str, int]:
    client = connect(MongoSettings(mongo_url=mongo_url(stream.platform)), application="bench")
    database = stream.platform.environment(STREAM)["MONGO_DATABASE"]
    metrics = client[database][COLLECTION_METRICAS]
    return {
        "events": differing_events(stream.rows),
        "minutes": differing_minutes(stream.rows, metrics),
    }
