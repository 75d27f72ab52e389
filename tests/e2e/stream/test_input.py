"""Ordinary input that is not our own producer's: transactions, other topics, broken tables."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from tests.support.stream import STREAM, Stream, encoded, event, purchase
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS


def _transact(stream: Stream, values: list[bytes], *, commit: bool) -> None:
    servers = stream.platform.environment(STREAM)["KAFKA_BOOTSTRAP_SERVERS"]
    producer = Producer({"bootstrap.servers": servers, "transactional.id": str(uuid4())})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(TOPIC_EVENTOS, value)
    producer.flush(30)
    producer.commit_transaction(30) if commit else producer.abort_transaction(30)


def _written(stream: Stream, user: str) -> int:
    count = "SELECT COUNT(*) FROM eventos_clientes WHERE id_usuario = %s"
    return int(stream.rows(count, (user,))[0][0])


@pytest.mark.timeout(300)
def test_transactions_are_read_and_what_they_leave_on_kafka_is_accounted_for(
    running: Stream,
) -> None:
    user = str(uuid4())
    _transact(running, encoded(purchase(id_usuario=user) for _ in range(3)), commit=True)
    _transact(running, encoded(purchase(id_usuario=user) for _ in range(4)), commit=False)
    running.put(encoded(event(id_usuario=user) for _ in range(5)), key=None)
    report = running.drain()
    assert report.exact, report.problems
    assert _written(running, user) == 8
    absent = sum(sums.n_absent for sums in report.partitions)
    assert absent >= 4 + 2
    _transact(running, encoded([event(id_usuario=user)]), commit=False)
    report = running.drain()
    assert report.exact, report.problems
    assert sum(sums.n_absent for sums in report.partitions) >= absent + 2


@pytest.mark.timeout(300)
def test_stock_updates_come_by_the_same_query(running: Stream) -> None:
    product, now = str(uuid4()), datetime.now(UTC)

    def update(level: int, minutes: int) -> bytes:
        moment = (now - timedelta(minutes=minutes)).isoformat()
        fields = {"id_produto": product, "id_armazem": "a1", "nivel_estoque": level}
        return json.dumps({**fields, "ultima_atualizacao": moment}).encode()

    before = running.dead_letters()
    running.put([update(7, 10), update(5, 1), update(6, 5), b"{}"], topic=TOPIC_ESTOQUE, key=None)
    running.put(encoded([event()]))
    report = running.drain()
    assert report.exact, report.problems
    latest = "SELECT nivel_estoque FROM estoque WHERE id_produto = %s"
    assert [row[0] for row in running.rows(latest, (product,))] == [5]
    assert running.dead_letters() - before == {(TOPIC_ESTOQUE, "campo_ausente"): 1}


@pytest.mark.timeout(300)
def test_a_query_that_cannot_go_on_says_so_until_it_can(running: Stream) -> None:
    wait_until(running.is_ready, "the stream is ready")
    with running.warehouse.transaction() as transaction:
        transaction.execute("ALTER TABLE vendas RENAME TO vendas_fora")
    running.put(encoded([purchase()]))
    wait_until(lambda: not running.is_ready(), "the stream says that it cannot go on")
    again = datetime.now(UTC) + timedelta(seconds=15)
    while datetime.now(UTC) < again:
        assert not running.is_ready()
    with running.warehouse.transaction() as transaction:
        transaction.execute("ALTER TABLE vendas_fora RENAME TO vendas")
    assert running.drain().exact
    wait_until(running.is_ready, "the stream is ready again")
    assert running.rows("SELECT COUNT(*) FROM ingestao_epocas")[0][0] == 1
    checkpoint = Path(
        running.platform.environment(STREAM)["CHECKPOINT_URL"].removeprefix("file://")
    )
    assert not (checkpoint / "warehouse").exists()
