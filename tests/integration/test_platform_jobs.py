"""The jobs that prepare the stores and audit them, run as their container runs them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource
from pymongo import MongoClient
from tests.support.platform import mongo_url, platform_of
from tests.support.stream import warehouse_of

from event_contracts.live_figures import MINUTE
from event_contracts.names import COLLECTION_LOGS, COLLECTION_METRICAS, TOPIC_EVENTOS, TOPICS
from service_runtime.settings import MongoSettings
from stream_processor.figures_documents import active_document, minute_document
from stream_processor.figures_store import FiguresStore
from stream_processor.live_figures import MinuteFigures
from vitrine_local.declared_parts import BACKING
from vitrine_local.failure import NotAuditedError
from vitrine_local.platform import LocalPlatform
from warehouse.connection import Warehouse
from warehouse.tables import TABLES

platform = platform_of(*BACKING, "setup")

A_SECOND = {"PATIENCE_SECONDS": "1"}


@dataclass(frozen=True)
class Jobs:
    """platform-jobs, told what the platform tells its own set-up."""

    platform: LocalPlatform

    def run(self, *names: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the jobs of these names to their end."""
        return subprocess.run(
            [sys.executable, "-m", "platform_jobs.main", *names],
            env={**self.platform.environment("setup"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def jobs(platform: LocalPlatform) -> Jobs:
    return Jobs(platform)


@pytest.fixture
def warehouse(platform: LocalPlatform) -> Iterator[Warehouse]:
    warehouse = warehouse_of(platform)
    yield warehouse
    warehouse.close()


def test_set_up_again_changes_nothing(jobs: Jobs, warehouse: Warehouse) -> None:
    with warehouse.transaction() as transaction:
        transaction.execute("INSERT INTO ingestao_epocas VALUES ('kept', 7, SYSDATE)")
    again = jobs.run("topics", "tables", "indexes", TOPIC_PARTITIONS="9")
    assert again.returncode == 0, again.stderr
    with warehouse.transaction() as transaction:
        kept = transaction.row("SELECT epoch FROM ingestao_epocas WHERE query = 'kept'")
        for table in TABLES:
            transaction.row(f"SELECT COUNT(*) FROM {table.name}")
    assert kept[0] == 7


def test_topics_are_stamped_by_kafka_and_keep_their_partitions(jobs: Jobs) -> None:
    servers = jobs.platform.environment("setup")["KAFKA_BOOTSTRAP_SERVERS"]
    admin = AdminClient({"bootstrap.servers": servers})
    found = admin.list_topics(timeout=10).topics
    assert {name: len(found[name].partitions) for name in TOPICS} == dict.fromkeys(TOPICS, 2)
    resource = ConfigResource(ConfigResource.Type.TOPIC, TOPIC_EVENTOS)
    config = admin.describe_configs([resource])[resource].result(10)
    assert config["message.timestamp.type"].value == "LogAppendTime"


def test_the_indexes_of_the_live_metrics_are_there(jobs: Jobs) -> None:
    url = mongo_url(jobs.platform).get_secret_value()
    with MongoClient[dict[str, object]](url) as client:
        indexes = client["vitrine"][COLLECTION_METRICAS].index_information()
    assert indexes["atualizado_em"]["key"] == [("atualizado_em", 1)]
    assert indexes["minuto"]["key"] == [("minuto", 1)]
    assert indexes["minuto"]["expireAfterSeconds"] == 43_200


def test_the_log_of_events_has_its_indexes_and_another_time_is_no_error(jobs: Jobs) -> None:
    """This document store keeps an index as it is; what MongoDB does is in the unit tests."""
    url = mongo_url(jobs.platform).get_secret_value()
    with MongoClient[dict[str, object]](url) as client:
        log = client["vitrine"][COLLECTION_LOGS]
        before = log.index_information()
        assert jobs.run("indexes", CLICK_LOG_DAYS="7").returncode == 0
    assert before["id_usuario_data"]["key"] == [("id_usuario", 1), ("data", -1), ("_id", -1)]
    assert before["gravado_em"]["expireAfterSeconds"] == 30 * 86_400


def test_the_audit_job_fails_when_an_event_is_lost(jobs: Jobs, warehouse: Warehouse) -> None:
    good = jobs.run("audit")
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["exact"] is True
    claim = (
        "INSERT INTO ingestao (query, epoch, topic, partition, off_from, off_to, "
        "n_read, n_absent, n_written, n_duplicate, n_dead, committed_at) "
        "VALUES ('warehouse', 1, 'eventos_clientes', 0, 0, 1, 1, 0, 1, 0, 0, SYSDATE)"
    )
    with warehouse.transaction() as transaction:
        transaction.execute(claim)
    try:
        bad = jobs.run("audit")
    finally:
        with warehouse.transaction() as transaction:
            transaction.execute("DELETE FROM ingestao")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["exact"] is False


LEDGER_ROW = (
    "INSERT INTO ingestao (query, epoch, topic, partition, off_from, off_to, "
    "n_read, n_absent, n_written, n_duplicate, n_dead, committed_at) "
    "VALUES ('warehouse', 1, 'eventos_clientes', 1, {0}, {1}, 1, 0, 1, 0, 0, {2})"
)


@pytest.fixture
def ledger(warehouse: Warehouse) -> Iterator[Warehouse]:
    """The warehouse, whose ledger is empty afterwards."""
    yield warehouse
    with warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM ingestao")


def test_the_stream_is_current_when_the_ledger_has_what_kafka_had(
    jobs: Jobs, ledger: Warehouse
) -> None:
    at_once = {"STREAM_DELAY_SECONDS": "0.001"}
    assert _current(jobs.run("stream-check", **at_once)) == (0, True, [])
    servers = jobs.platform.environment("setup")["KAFKA_BOOTSTRAP_SERVERS"]
    producer = Producer({"bootstrap.servers": servers})
    producer.produce(TOPIC_EVENTOS, b"{}", partition=1)
    assert producer.flush(30) == 0
    assert _current(jobs.run("stream-check")) == (0, True, [])
    behind = {"topic": TOPIC_EVENTOS, "partition": 1, "done_to": 0, "expected_to": 1}
    assert _current(jobs.run("stream-check", **at_once)) == (1, False, [behind])
    with ledger.transaction() as transaction:
        transaction.execute(LEDGER_ROW.format(0, 1, "SYSDATE"))
    assert _current(jobs.run("stream-check", **at_once)) == (0, True, [])


def _current(done: subprocess.CompletedProcess[str]) -> tuple[int, bool, list[object]]:
    report = json.loads(done.stdout)
    return done.returncode, report["current"], report["behind"]


def test_folding_leaves_one_row_for_a_past_day(jobs: Jobs, ledger: Warehouse) -> None:
    with ledger.transaction() as transaction:
        for offset, moment in enumerate(
            ("'2026-11-01 10:00:00'", "'2026-11-01 11:00:00'", "SYSDATE", "SYSDATE")
        ):
            transaction.execute(LEDGER_ROW.format(offset, offset + 1, moment))
    assert jobs.run("fold").returncode == 0
    with ledger.transaction() as transaction:
        ranges = "SELECT off_from, off_to, n_read FROM ingestao ORDER BY off_from"
        assert [tuple(row) for row in transaction.rows(ranges)] == [
            (0, 2, 2),
            (2, 3, 1),
            (3, 4, 1),
        ]


def test_final_minutes_are_closed_once(jobs: Jobs, warehouse: Warehouse) -> None:
    """Of the stream's own documents, by runs at the same time and again later."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    store = FiguresStore(MongoSettings(mongo_url=mongo_url(jobs.platform)))
    sold = MinuteFigures(2, -3, Decimal("-9.90"), [("p1", 5), ("p2", 1)])
    too_much = MinuteFigures(1, 1, Decimal(10) ** 16)
    ago = {150: sold, 100: sold, 90: too_much, 65: sold}
    minutes = {n: int((now - n * MINUTE).timestamp()) for n in (*ago, 120)}
    store.begin(minutes[120], now=now)
    documents = [minute_document(minutes[n], figures, now=now) for n, figures in ago.items()]
    store.upsert([*documents, active_document({})], now=now)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: jobs.run("close-minutes"), range(2)))
    assert [each.returncode for each in done] == [0, 0], done
    assert sum(_minutes_of(each) for each in done) == 55
    rows = _closed(warehouse)
    moments = [150, *(n for n in range(120, 65, -1) if n != 90)]
    assert [row[0] for row in rows] == [(now - n * MINUTE).replace(tzinfo=None) for n in moments]
    zeros = (0, 0, Decimal(0), 0)
    totals = {(now - n * MINUTE).replace(tzinfo=None): (2, -3, Decimal("-9.90"), 6) for n in ago}
    assert [tuple(row[1:5]) for row in rows] == [totals.get(row[0], zeros) for row in rows]

    store.upsert([active_document({})], now=now + MINUTE)
    assert _minutes_of(jobs.run("close-minutes")) == 1
    assert _closed(warehouse)[:-1] == rows
    nowhere = jobs.run("close-minutes", **A_SECOND, MONGO_URL="mongodb://127.0.0.1:1")
    assert (nowhere.returncode, "TransientError" in nowhere.stderr) == (1, True)


def _closed(warehouse: Warehouse) -> list[list[object]]:
    with warehouse.transaction() as transaction:
        return [
            list(row) for row in transaction.rows("SELECT * FROM metricas_minuto ORDER BY minuto")
        ]


def _minutes_of(done: subprocess.CompletedProcess[str]) -> int:
    """As the log says."""
    *_, last = map(json.loads, done.stdout.splitlines())
    assert last["message"] == "minutes closed"
    return int(last["minutes"])


@pytest.mark.parametrize(
    ("job", "variable"),
    [
        pytest.param("topics", "KAFKA_BOOTSTRAP_SERVERS", id="kafka"),
        pytest.param("tables", "WAREHOUSE_HOST", id="warehouse"),
        pytest.param("indexes", "MONGO_URL", id="mongodb"),
    ],
)
def test_a_store_that_stays_away_fails_the_job(jobs: Jobs, job: str, variable: str) -> None:
    nowhere = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "WAREHOUSE_HOST": "127.0.0.2",
        "MONGO_URL": "mongodb://127.0.0.1:1",
    }
    away = jobs.run(job, **A_SECOND, **{variable: nowhere[variable]})
    assert away.returncode == 1
    assert "TransientError" in away.stderr


@pytest.mark.parametrize(
    ("job", "told", "error"),
    [
        pytest.param("audit", {"WAREHOUSE_HOST": "127.0.0.2"}, "TransientError", id="it is away"),
        pytest.param(
            "audit",
            {"WAREHOUSE_SCHEMA": "nowhere"},
            "TransientError: the set-up job has not run yet",
            id="it has no tables yet",
        ),
        pytest.param(
            "stream-check", {"WAREHOUSE_HOST": "127.0.0.2"}, "TransientError", id="for the stream"
        ),
        pytest.param(
            "stream-check",
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            "TransientError",
            id="Kafka is away",
        ),
    ],
)
def test_no_verdict_has_its_own_exit_code(
    jobs: Jobs, job: str, told: dict[str, str], error: str
) -> None:
    """The code of `vitrine audit` when nothing answers."""
    none = jobs.run(job, **A_SECOND, **told)
    assert none.returncode == NotAuditedError.exit_code
    *_, last = map(json.loads, none.stdout.splitlines())
    assert last["message"] == f"no verdict of {job}"
    assert error in last["exception"]


def test_a_job_that_is_unknown_is_refused(jobs: Jobs) -> None:
    unknown = jobs.run("topics", "tabels")
    assert unknown.returncode == 2
    assert "topics|tables|indexes|audit|quality|stream-check|fold|close-minutes" in unknown.stderr
