"""The ledger on a real warehouse; and the audit, shown sinks that are wrong on purpose."""

import random
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.support.narrow_table import narrowed
from tests.support.redshift import LocalRedshift
from tests.support.stream import encoded, event, purchase
from tests.support.warehouse_store import NOW, Store

from event_contracts.identity import Identity, identity_of
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.errors import PermanentError, TransientError
from warehouse import ledger, migrations, tables
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.driver_errors import RefusedDataError
from warehouse.feeds.feed import Bounds
from warehouse.folding import fold_ledger
from warehouse.ledger import FencedError, GapError, OffsetRange
from warehouse.load import Slice, StagedBatch, StagedRecords, load_batch
from warehouse.migrations import known_migrations, migrate, require_current
from warehouse.settings import WarehouseSettings


def test_a_batch_is_written_once_however_often_it_is_offered(store: Store) -> None:
    writer = store.take_over()
    bought = purchase(quantidade=3, preco=19.9)
    values = [*encoded([event(), bought, bought]), b"\xff\x00"]
    batch = store.stage(values, off_from=5)
    (row,) = load_batch(store.warehouse, batch, writer=writer, now=NOW)
    assert (row.n_read, row.n_written, row.n_duplicate, row.n_dead) == (4, 2, 1, 1)
    assert load_batch(store.warehouse, batch, writer=writer, now=NOW) == []
    assert audit(store.warehouse).exact
    sales = store.rows("SELECT id_pedido, quantidade, preco FROM vendas")
    letters = store.rows("SELECT motivo, conteudo FROM eventos_rejeitados")
    assert [(s[0], s[1], str(s[2])) for s in sales] == [(bought["id_pedido"], 3, "19.90")]
    assert [list(letter) for letter in letters] == [["nao_utf8", "ff00"]]


def test_an_id_that_is_no_uuid_is_kept_and_known_again(store: Store) -> None:
    writer = store.take_over()
    sent = [event(id_evento="ajs-next-0123"), event()]
    store.load(encoded(sent), writer=writer, off_from=0)
    (row,) = store.load(encoded(sent[:1]), writer=writer, off_from=2)
    assert (row.n_written, row.n_duplicate) == (0, 1)
    found = store.rows("SELECT id_evento, id_evento_original FROM eventos_clientes")
    expected = [identity_of("ajs-next-0123"), Identity(sent[1]["id_evento"], None)]
    assert {tuple(each) for each in found} == set(expected)
    assert audit(store.warehouse).exact


def test_probes_are_accounted_for_and_are_no_sales(store: Store) -> None:
    writer = store.take_over()
    bought = purchase(quantidade=3, preco=19.9)
    probes = [event(tipo_evento="sonda"), purchase(tipo_evento="sonda")]
    (first,) = store.load(encoded([probes[0], bought, *probes]), writer=writer, off_from=0)
    assert (first.n_written, first.n_duplicate, first.n_dead) == (3, 1, 0)
    (later,) = store.load(encoded([probes[1], {"tipo_evento": "sonda"}]), writer=writer, off_from=4)
    assert (later.n_written, later.n_duplicate, later.n_dead) == (0, 1, 1)
    assert audit(store.warehouse).exact
    assert store.rows("SELECT id_evento FROM vendas") == [[bought["id_evento"]]]
    assert store.count("devolucoes_sem_compra") == 0
    kept = store.rows("SELECT id_evento FROM eventos_clientes WHERE tipo_evento = 'sonda'")
    assert {row[0] for row in kept} == {probe["id_evento"] for probe in probes}


def test_a_repeat_in_a_later_batch_and_another_partition_is_found(store: Store) -> None:
    writer = store.take_over()
    first = event(timestamp=(datetime.now(UTC) - timedelta(hours=5)).isoformat())
    batches = [
        store.stage(encoded([first, event()]), off_from=0),
        store.stage(encoded([event(), first]), off_from=2),
        store.stage(encoded([first]), off_from=0, partition=1),
    ]
    rows = [load_batch(store.warehouse, b, writer=writer, now=NOW)[0] for b in batches]
    assert [row.n_duplicate for row in rows] == [0, 1, 1]
    assert store.count("eventos_clientes") == 3
    assert audit(store.warehouse).exact


def test_an_old_epoch_is_refused_and_leaves_nothing(store: Store) -> None:
    old = store.take_over()
    store.take_over()
    batch = store.stage(encoded([event()]), off_from=0)
    with pytest.raises(FencedError):
        load_batch(store.warehouse, batch, writer=old, now=NOW)
    assert store.count("eventos_clientes") == 0
    assert store.count("ingestao") == 0


def test_a_gap_is_refused_and_leaves_nothing(store: Store) -> None:
    writer = store.take_over()
    store.load(encoded([event()]), writer=writer, off_from=0)
    with pytest.raises(GapError):
        store.load(encoded([event()]), writer=writer, off_from=2)
    assert store.count("eventos_clientes") == 1


def test_errors_are_transient_or_permanent(store: Store) -> None:
    away = store.settings.model_copy(update={"warehouse_port": 1})
    with pytest.raises(TransientError), Warehouse(away, application="t").transaction():
        pass
    with pytest.raises(PermanentError), store.warehouse.transaction() as transaction:
        transaction.execute("SELECT no_such_column FROM vendas")
    gone = StagedRecords(TOPIC_EVENTOS, "s3://staging/no.manifest", Bounds(NOW, NOW))
    batch = StagedBatch([Slice(OffsetRange(TOPIC_EVENTOS, 0, 0, 1), 1, 0)], [gone], None)
    writer = store.take_over()
    with pytest.raises(PermanentError):
        load_batch(store.warehouse, batch, writer=writer, now=NOW)
    assert store.count("ingestao") == 0


@pytest.mark.parametrize(
    ("table", "column", "reason"),
    [
        (tables.EVENTOS, "id_sessao", "longer than the length defined in the table"),
        (tables.VENDAS, "id_pedido", "SQLSTATE 22001"),
    ],
    ids=["by COPY", "by INSERT"],
)
def test_a_refused_value_is_told_from_a_column_that_is_missing(
    store: Store, table: tables.Table, column: str, reason: str
) -> None:
    writer = store.take_over()
    batch = store.stage(encoded([purchase(id_sessao="s" * 9)]), off_from=0)
    with narrowed(store.warehouse, table, column, size=8), pytest.raises(RefusedDataError) as found:
        load_batch(store.warehouse, batch, writer=writer, now=NOW)
    assert found.value.reason == reason
    with store.warehouse.transaction() as transaction:
        transaction.execute(f"ALTER TABLE {table.name} RENAME COLUMN {column} TO outra")
    with pytest.raises(PermanentError) as missing:
        load_batch(store.warehouse, batch, writer=writer, now=NOW)
    with store.warehouse.transaction() as transaction:
        transaction.execute(f"ALTER TABLE {table.name} RENAME COLUMN outra TO {column}")
    assert type(missing.value) is PermanentError
    assert store.count("ingestao") == 0
    (row,) = load_batch(store.warehouse, batch, writer=writer, now=NOW)
    assert row.n_written == 1


def test_the_audit_catches_a_naive_append_that_repeats(store: Store) -> None:
    """What a sink without a ledger does when Spark replays a batch after a crash."""
    batch = store.stage(encoded([event(), event()]), off_from=0)
    writer = store.take_over()
    load_batch(store.warehouse, batch, writer=writer, now=NOW)
    assert audit(store.warehouse).exact
    with store.warehouse.transaction() as transaction:
        transaction.execute(
            f"COPY eventos_clientes FROM '{batch.records[0].manifest}' "
            "IAM_ROLE default FORMAT AS PARQUET MANIFEST"
        )
    report = audit(store.warehouse)
    assert not report.exact
    assert any("the ledger says 2 rows, the table holds 4" in p for p in report.problems)
    assert any("2 events repeat an id_evento" in p for p in report.problems)


def test_the_audit_catches_a_ledger_keyed_by_batch_id_that_loses(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch ids restart at 0 when a checkpoint is lost: new data then looks done."""
    writer = store.take_over()
    monkeypatch.setattr(ledger, "commit_state", lambda _ranges, _done: ledger.CommitState.NEW)
    done_batch_id = -1

    def sink(batch_id: int, off_from: int) -> None:
        nonlocal done_batch_id
        if batch_id > done_batch_id:
            store.load(encoded([event(), event()]), writer=writer, off_from=off_from)
            done_batch_id = batch_id

    sink(0, 0)
    sink(1, 2)
    assert audit(store.warehouse).exact
    for batch_id, off_from in enumerate((4, 6, 8)):
        sink(batch_id, off_from)
    report = audit(store.warehouse)
    assert not report.exact
    assert report.problems == ["eventos_clientes, partition 0: gap at offset 8"]


def test_offsets_without_a_record_are_accounted_for(store: Store) -> None:
    """Markers of a committed transaction, an aborted one, records that were compacted away."""
    writer = store.take_over()
    batches = [
        store.stage(encoded([event(), event()]), off_from=0, absent=1),
        store.stage([], off_from=3, absent=4),
        store.stage([*encoded([event()]), b"{"], off_from=7),
    ]
    rows = [load_batch(store.warehouse, b, writer=writer, now=NOW)[0] for b in batches]
    assert [(row.n_read, row.n_absent) for row in rows] == [(2, 1), (0, 4), (2, 0)]
    report = audit(store.warehouse)
    assert report.exact, report.problems
    (sums,) = report.partitions
    assert (sums.off_to, sums.n_read, sums.n_absent, sums.n_dead) == (9, 4, 5, 1)


def test_a_record_that_was_lost_is_not_taken_for_an_absent_one(store: Store) -> None:
    writer = store.take_over()
    store.load(encoded([event(), event()]), writer=writer, off_from=0)
    with store.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM eventos_clientes WHERE kafka_offset = 1")
    problems = audit(store.warehouse).problems
    assert problems == ["eventos_clientes, partition 0: the ledger says 2 rows, the table holds 1"]


def test_the_audit_names_ledger_rows_that_do_not_add_up(store: Store) -> None:
    writer = store.take_over()
    for off_from in (0, 2, 4):
        store.load(encoded([event(), event()]), writer=writer, off_from=off_from)
    with store.warehouse.transaction() as transaction:
        transaction.execute("UPDATE ingestao SET n_duplicate = 1 WHERE off_from = 0")
        transaction.execute("UPDATE ingestao SET n_absent = 1 WHERE off_from = 2")
        transaction.execute("UPDATE ingestao SET off_from = 3, n_absent = 1 WHERE off_from = 4")
    assert audit(store.warehouse).problems == [
        "eventos_clientes, partition 0: overlap at offset 3",
        "eventos_clientes, partition 0, offsets 0 to 2: read 2, written + duplicate + dead = 3, "
        "read + absent = 2, offsets 2",
        "eventos_clientes, partition 0, offsets 2 to 4: read 2, written + duplicate + dead = 2, "
        "read + absent = 3, offsets 2",
    ]


def test_old_days_of_the_ledger_are_folded_and_the_audit_stays_exact(store: Store) -> None:
    writer = store.take_over()
    offset = 0
    for day in (1, 1, 1, 2, 2, 3):
        batch = store.stage(encoded([event(), event()]), off_from=offset, absent=1)
        load_batch(store.warehouse, batch, writer=writer, now=NOW + timedelta(days=day))
        offset += 3
    today = (NOW + timedelta(days=3)).date()
    arguments = {"query": QUERY_WAREHOUSE, "epoch": writer.epoch, "today": today}
    assert fold_ledger(store.warehouse, **arguments) == 3
    assert fold_ledger(store.warehouse, **arguments) == 0
    found = store.rows(
        "SELECT off_from, off_to, n_read, n_absent, committed_at FROM ingestao ORDER BY off_from"
    )
    naive = NOW.replace(tzinfo=None)
    assert [tuple(row) for row in found] == [
        (0, 9, 6, 3, naive + timedelta(days=1)),
        (9, 15, 4, 2, naive + timedelta(days=2)),
        (15, 18, 2, 1, naive + timedelta(days=3)),
    ]
    assert audit(store.warehouse).exact
    store.load(encoded([event()]), writer=writer, off_from=18)
    store.take_over()
    with pytest.raises(FencedError):
        fold_ledger(store.warehouse, **arguments)


def test_the_newest_day_of_the_ledger_is_not_folded(store: Store) -> None:
    writer = store.take_over()
    for off_from in (0, 2, 4):
        store.load(encoded([event(), event()]), writer=writer, off_from=off_from)
    arguments = {"query": QUERY_WAREHOUSE, "epoch": writer.epoch, "today": date(2027, 1, 1)}
    assert fold_ledger(store.warehouse, **arguments) == 0
    batch = store.stage(encoded([event()]), off_from=6)
    load_batch(store.warehouse, batch, writer=writer, now=NOW + timedelta(days=1))
    assert fold_ledger(store.warehouse, **arguments) == 2


def test_a_day_that_does_not_add_up_is_not_folded(store: Store) -> None:
    writer = store.take_over()
    for off_from in (0, 2, 4):
        store.load(encoded([event(), event()]), writer=writer, off_from=off_from)
    batch = store.stage(encoded([event()]), off_from=6)
    load_batch(store.warehouse, batch, writer=writer, now=NOW + timedelta(days=1))
    with store.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM ingestao WHERE off_from = 2")
    today = date(2027, 1, 1)
    epoch = writer.epoch
    assert fold_ledger(store.warehouse, query=QUERY_WAREHOUSE, epoch=epoch, today=today) == 0
    assert not audit(store.warehouse).exact


def test_what_is_taken_back_lowers_units_and_revenue(store: Store) -> None:
    writer = store.take_over()
    bought = purchase(id_pedido="A", id_produto="p1", quantidade=3, preco=10)
    back = {"id_pedido": "A", "id_produto": "p1", "quantidade": 1, "preco": 10}
    early = {**back, "id_pedido": "B", "quantidade": 2}
    store.load(
        encoded(
            [
                bought,
                event(tipo_evento="devolucao", **back),
                event(tipo_evento="cancelamento", **early),
            ]
        ),
        writer=writer,
        off_from=0,
    )
    total = "SELECT SUM(quantidade), SUM(quantidade * preco) FROM vendas"
    assert [int(n) for n in store.rows(total)[0]] == [0, 0]
    unknown = "SELECT id_pedido, id_produto FROM devolucoes_sem_compra"
    assert [tuple(row) for row in store.rows(unknown)] == [("B", "p1")]
    assert audit(store.warehouse).exact
    late = purchase(id_pedido="B", id_produto="p1", quantidade=2, preco=10)
    store.load(encoded([late]), writer=writer, off_from=3)
    assert store.rows(unknown) == []
    assert [int(n) for n in store.rows(total)[0]] == [2, 20]
    assert audit(store.warehouse).exact


def test_sales_that_differ_from_their_events_are_found(store: Store) -> None:
    writer = store.take_over()
    store.load(encoded([purchase(quantidade=2, preco=10)]), writer=writer, off_from=0)
    with store.warehouse.transaction() as transaction:
        transaction.execute("UPDATE vendas SET preco = 9.99")
    (problem,) = audit(store.warehouse).problems
    assert problem.startswith("eventos_clientes: 0.02 is by how much")


def test_the_latest_stock_stands_whatever_the_order_of_arrival(store: Store) -> None:
    """200 permutations of 50 updates, each of products of its own, in five batches."""
    rng = random.Random(11)
    base = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - TIMESTAMP columns hold UTC
    updates = [
        (f"p{n % 5}", n, base + timedelta(minutes=rng.randrange(20)), f"a{rng.randrange(2)}")
        for n in range(50)
    ]
    permutations = [rng.sample(updates, len(updates)) for _ in range(200)]
    writer, latest = store.take_over(), {}
    for batch in range(5):
        arrived = [
            (f"{number}-{product}", units, moment, location, batch % 2, offset, base)
            for offset, (number, (product, units, moment, location)) in enumerate(
                (
                    (number, update)
                    for number, permutation in enumerate(permutations)
                    for update in permutation[batch * 10 : batch * 10 + 10]
                ),
                start=batch // 2 * 2000,
            )
        ]
        for row in arrived:
            order = (row[2], row[5], row[4])
            latest[row[0], row[3]] = max(latest.get((row[0], row[3]), (order, 0)), (order, row[1]))
        load_batch(store.warehouse, store.stage_stock(arrived), writer=writer, now=NOW)
    found = store.rows("SELECT id_produto, id_armazem, nivel_estoque FROM estoque")
    assert {(row[0], row[1]): row[2] for row in found} == {
        place: units for place, (_, units) in latest.items()
    }
    report = audit(store.warehouse)
    assert report.exact, report.problems


def test_the_audit_finds_stock_that_is_not_the_latest(store: Store) -> None:
    writer = store.take_over()
    base = datetime(2026, 1, 1, 8)  # noqa: DTZ001 - TIMESTAMP columns hold UTC
    rows = [("p1", n, base + timedelta(minutes=n), "a1", 0, n, base) for n in range(3)]
    load_batch(store.warehouse, store.stage_stock(rows), writer=writer, now=NOW)
    assert audit(store.warehouse).exact
    with store.warehouse.transaction() as transaction:
        transaction.execute("UPDATE estoque SET kafka_offset = 1")
    (problem,) = audit(store.warehouse).problems
    assert problem == (
        "atualizacoes_estoque: 2 lines of estoque are not the latest update or are missing"
    )


def test_restarts_leave_one_epoch(store: Store) -> None:
    epochs = [store.take_over().epoch for _ in range(5)]
    assert epochs == sorted(set(epochs))
    assert store.count("ingestao_epocas") == 1


OLD_LEDGER_ROW = (
    'INSERT INTO ingestao (query, epoch, topic, "partition", off_from, off_to, '
    "n_read, n_written, n_duplicate, n_dead, committed_at) "
    "VALUES ('eventos_clientes', 7, 'eventos_clientes', 0, {0}, {1}, 2, 1, 0, 1, '2026-01-01')"
)
OLD_DATA = (
    "INSERT INTO ingestao_epocas (query, epoch, started_at) "
    "VALUES ('eventos_clientes', 7, '2026-01-01')",
    OLD_LEDGER_ROW.format(0, 2),
    'INSERT INTO eventos_clientes (id_usuario, tipo_evento, id_produto, "timestamp", id_evento, '
    "id_pedido, quantidade, preco, kafka_partition, kafka_offset, recebido_em) "
    "VALUES ('u1', 'compra', 'p1', '2026-01-01', 'e1', 'A', 2, 9.90, 0, 0, '2026-01-01')",
    "INSERT INTO vendas (id_pedido, id_produto, quantidade, preco, data, id_usuario, id_evento, "
    "kafka_partition, kafka_offset) VALUES ('A', 'p1', 2, 9.90, '2026-01-01', 'u1', 'e1', 0, 0)",
    "INSERT INTO eventos_rejeitados (topic, kafka_partition, kafka_offset, motivo, detalhe, "
    "recebido_em) VALUES ('eventos_clientes', 0, 1, 'vazio', 'x', '2026-01-01')",
)


def test_a_database_of_the_version_before_is_migrated_with_its_data(
    redshift: LocalRedshift, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**redshift.environment, "WAREHOUSE_SCHEMA": "version_before"}.items():
        monkeypatch.setenv(name, value)
    with closing(Warehouse(WarehouseSettings(), application="tests")) as warehouse:
        old = ("CREATE SCHEMA version_before", *known_migrations()[0].changes, *OLD_DATA)
        with warehouse.transaction() as transaction:
            for statement in old:
                transaction.execute(statement)
        with pytest.raises(TransientError):
            require_current(warehouse)
        assert migrate(warehouse, now=NOW) == known_migrations()
        require_current(warehouse)
        report = audit(warehouse)
        assert report.exact, report.problems
        assert [(s.topic, s.off_to, s.n_read) for s in report.partitions] == [
            ("eventos_clientes", 2, 2)
        ]
        _is_fenced_as_the_version_before(warehouse)
        with warehouse.transaction() as transaction:
            epoch = ledger.raise_epoch(transaction, query=QUERY_WAREHOUSE, now=NOW)
            sale = transaction.row("SELECT quantidade, tipo_evento, origem FROM vendas")
        assert epoch == 8
        assert list(sale) == [2, "compra", "fluxo"]


def _is_fenced_as_the_version_before(warehouse: Warehouse) -> None:
    """A driver that ran is refused by its epoch; one that starts, by the ledger's new column."""
    with pytest.raises(FencedError), warehouse.transaction() as transaction:
        ledger.hold_epoch(transaction, query="eventos_clientes", epoch=7)
    with pytest.raises(PermanentError), warehouse.transaction() as transaction:
        transaction.execute(OLD_LEDGER_ROW.format(2, 4))


def test_the_tables_may_have_a_schema_of_their_own(store: Store) -> None:
    settings = store.settings.model_copy(update={"warehouse_schema": "loja"})
    with closing(Warehouse(settings, application="tests")) as warehouse:
        assert migrate(warehouse, now=NOW) == known_migrations()
        own = replace(store, warehouse=warehouse, settings=settings)
        own.load(encoded([event(), event()]), writer=own.take_over(), off_from=0)
        report = audit(warehouse)
        assert report.exact, report.problems
        assert store.count("loja.eventos_clientes") == 2
        assert store.count("eventos_clientes") == 0


def test_a_migration_that_fails_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = len(known_migrations()) + 1
    changes = ("CREATE TABLE pela_metade (n INTEGER)", "SELECT no_such_column FROM vendas")
    broken = migrations.Migration(number, "broken", (), changes)
    monkeypatch.setattr(migrations, "known_migrations", lambda: [broken])
    with pytest.raises(PermanentError):
        migrate(store.warehouse, now=NOW)
    with pytest.raises(PermanentError):
        store.count("pela_metade")
    applied = store.rows("SELECT MAX(numero) FROM migracoes")
    assert applied[0][0] == number - 1
