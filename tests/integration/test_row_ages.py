"""Ages of rows: committed with the ledger, read once by who shows the rows, and forgotten."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from opentelemetry.sdk.metrics.export import Histogram
from tests.support.stream import encoded, event
from tests.support.warehouse_store import NOW, Store

from analytics_api import age_storage, visibility
from analytics_api.age_storage import CLOCKS_DIFFER, ages_between
from analytics_api.figures import Figures
from analytics_api.ledger_audit import Ledger
from analytics_api.ledger_storage import whole_ledger
from analytics_api.refresh import SalesRefresh
from analytics_api.sales_storage import SalesSource
from analytics_api.stock_storage import StockSource
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from service_runtime.age_classes import CLASSES
from service_runtime.age_histogram import AgeHistogram
from service_runtime.counted_histogram import CountedHistogram
from service_runtime.errors import TransientError
from warehouse.audit import audit
from warehouse.folding import fold_ledger
from warehouse.ledger import GapError
from warehouse.load import StagedBatch, Writer, load_batch
from warehouse.migrations import known_migrations
from warehouse.row_ages import RowAges
from warehouse.transaction import Transaction


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from now on, which all reach the warehouse."""
    sent: list[str] = []
    execute, rows = Transaction.execute, Transaction.rows

    def noted_execute(self: Transaction, statement: str, parameters: Sequence[object] = ()) -> int:
        sent.append(statement)
        return execute(self, statement, parameters)

    def noted_rows(self: Transaction, statement: str, parameters: Sequence[object] = ()) -> object:
        sent.append(statement)
        return rows(self, statement, parameters)

    monkeypatch.setattr(Transaction, "execute", noted_execute)
    monkeypatch.setattr(Transaction, "rows", noted_rows)
    return sent


def counts(number: int, count: int) -> list[int]:
    """So many of one class."""
    found = [0] * CLASSES
    found[number] = count
    return found


def staged(
    store: Store, count: int, *, off_from: int, partition: int = 0, at: datetime = NOW
) -> StagedBatch:
    """So many events, whose ages were counted at a moment."""
    batch = store.stage(
        encoded([event() for _ in range(count)]), off_from=off_from, partition=partition
    )
    ages = RowAges(
        TOPIC_EVENTOS, partition, off_from + count, at, counts(off_from % CLASSES, count)
    )
    return replace(batch, ages=[ages])


def load(store: Store, writer: Writer, batch: StagedBatch) -> None:
    load_batch(store.warehouse, batch, writer=writer, now=NOW)


def ledger_of(store: Store) -> Ledger:
    with store.warehouse.transaction() as transaction:
        return whole_ledger(transaction)


def read(store: Store, known: Ledger, ledger: Ledger) -> list[RowAges]:
    with store.warehouse.transaction() as transaction:
        return ages_between(transaction, known, ledger)


def test_ages_are_committed_once_with_their_ledger_row(store: Store) -> None:
    writer = store.take_over()
    batch = staged(store, 3, off_from=5)
    load(store, writer, batch)
    load(store, writer, batch)
    with pytest.raises(GapError):
        load(store, writer, staged(store, 2, off_from=9))
    assert audit(store.warehouse).exact
    assert read(store, {}, ledger_of(store)) == list(batch.ages)


def test_where_none_were_counted_no_statement_is_more(store: Store, statements: list[str]) -> None:
    writer = store.take_over()
    batch = staged(store, 1, off_from=0)
    statements.clear()
    load(store, writer, replace(batch, ages=()))
    without = list(statements)
    statements.clear()
    load(store, writer, staged(store, 1, off_from=1))
    of_ages = [statement for statement in statements if "ingestao_idades" in statement]
    assert not any("ingestao_idades" in statement for statement in without)
    assert (len(of_ages), len(statements)) == (1, len(without) + 1)


def test_who_reads_at_any_moments_reads_each_row_once(store: Store) -> None:
    random, writer = Random(16), store.take_over()
    ends = {0: 0, 1: 40, 2: 7}
    committed: list[RowAges] = []
    readers: list[tuple[Ledger, list[RowAges]]] = [({}, []) for _ in range(3)]
    for number in range(12):
        partition, count = random.choice([0, 1, 2]), random.choice([1, 2, 5])
        at = NOW + timedelta(seconds=number)
        batch = staged(store, count, off_from=ends[partition], partition=partition, at=at)
        load(store, writer, batch)
        ends[partition] += count
        committed += batch.ages
        for reader, (known, seen) in enumerate(readers):
            if random.random() < 0.4:
                ledger = ledger_of(store)
                readers[reader] = (ledger, seen + read(store, known, ledger))
    for known, seen in readers:
        found = seen + read(store, known, ledger_of(store))
        assert sorted(found, key=lambda ages: ages.counted_at) == committed


def test_what_a_ledger_does_not_have_is_not_read(store: Store) -> None:
    writer = store.take_over()
    first, second = staged(store, 2, off_from=0), staged(store, 3, off_from=2)
    load(store, writer, first)
    before = ledger_of(store)
    load(store, writer, second)
    assert read(store, {}, before) == list(first.ages)
    assert read(store, before, ledger_of(store)) == list(second.ages)


def test_a_ledger_that_stands_still_costs_no_statement(store: Store, statements: list[str]) -> None:
    load(store, store.take_over(), staged(store, 2, off_from=0))
    ledger = ledger_of(store)
    statements.clear()
    assert read(store, ledger, ledger) == []
    assert statements == []


def test_a_driver_whose_clock_is_behind_is_read(store: Store) -> None:
    writer = store.take_over()
    load(store, writer, staged(store, 1, off_from=0))
    before = ledger_of(store)
    behind = staged(store, 1, off_from=1, at=NOW - CLOCKS_DIFFER + timedelta(seconds=1))
    load(store, writer, behind)
    assert read(store, before, ledger_of(store)) == list(behind.ages)


def test_ages_are_forgotten_a_day_after_their_day(store: Store) -> None:
    writer = store.take_over()
    days = [NOW + timedelta(days=number) for number in range(4)]
    for number, day in enumerate(days):
        load(store, writer, staged(store, 1, off_from=number, at=day))
    today = days[-1].date()
    fold_ledger(store.warehouse, query=QUERY_WAREHOUSE, epoch=writer.epoch, today=today)
    kept = [row[0] for row in store.rows("SELECT contado_em FROM ingestao_idades ORDER BY off_to")]
    assert kept == [day.replace(tzinfo=None) for day in days[2:]]
    assert audit(store.warehouse).exact


@pytest.fixture
def freshness(monkeypatch: pytest.MonkeyPatch) -> CountedHistogram:
    own = AgeHistogram("t", "t", description="t")
    monkeypatch.setattr(visibility, "freshness", own)
    return own


def counted(histogram: CountedHistogram) -> int:
    """How many rows the histogram holds, all of them of one topic."""
    for metric in histogram.read().metrics:
        assert isinstance(metric.data, Histogram)
        [point] = metric.data.data_points
        assert point.attributes == {"topic": TOPIC_EVENTOS}
        return point.count
    return 0


def refresh_of(store: Store, *, measures: bool) -> SalesRefresh:
    source = SalesSource(
        store.warehouse, timezone="America/Sao_Paulo", most_cells=99, clock=lambda: NOW
    )
    return SalesRefresh(source, Figures(ZoneInfo("America/Sao_Paulo")), measures=measures)


async def test_what_is_shown_is_counted_but_for_the_first_read(
    store: Store, freshness: CountedHistogram
) -> None:
    writer, refresh = store.take_over(), refresh_of(store, measures=True)
    load(store, writer, staged(store, 2, off_from=0))
    await refresh()
    assert counted(freshness) == 0
    load(store, writer, staged(store, 3, off_from=2))
    load(store, writer, staged(store, 4, off_from=0, partition=1))
    await refresh()
    await refresh()
    assert counted(freshness) == 7


async def test_nothing_is_shown_until_every_migration_is_applied(store: Store) -> None:
    newest, refresh = known_migrations()[-1].number, refresh_of(store, measures=True)
    change = "UPDATE migracoes SET numero = {to} WHERE numero = {of}"
    with store.warehouse.transaction() as transaction:
        transaction.execute(change.format(of=newest, to=-newest))
    try:
        with pytest.raises(TransientError, match=f"migration {newest} is not applied yet"):
            await refresh()
    finally:
        with store.warehouse.transaction() as transaction:
            transaction.execute(change.format(of=-newest, to=newest))
    await refresh()


async def test_an_api_that_was_away_counts_the_newest_ages(
    store: Store, freshness: CountedHistogram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(age_storage, "MOST_ROWS", 2)
    writer, refresh = store.take_over(), refresh_of(store, measures=True)
    await refresh()
    for number, count in enumerate((1, 10, 100)):
        at = NOW + timedelta(seconds=number)
        load(store, writer, staged(store, count, off_from=0, partition=number, at=at))
    await refresh()
    assert counted(freshness) == 110


async def test_what_a_failed_read_did_not_show_is_counted_by_the_next(
    store: Store, freshness: CountedHistogram, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, refresh = store.take_over(), refresh_of(store, measures=True)
    await refresh()
    load(store, writer, staged(store, 2, off_from=0))
    with monkeypatch.context() as patch:
        patch.setattr(StockSource, "read", raise_away)
        with pytest.raises(TransientError):
            await refresh()
    assert counted(freshness) == 0
    await refresh()
    assert counted(freshness) == 2


def raise_away(*_: object, **__: object) -> None:
    raise TransientError("warehouse: away")


async def test_who_does_not_measure_reads_no_ages(
    store: Store, freshness: CountedHistogram, statements: list[str]
) -> None:
    writer, refresh = store.take_over(), refresh_of(store, measures=False)
    await refresh()
    load(store, writer, staged(store, 2, off_from=0))
    statements.clear()
    await refresh()
    assert statements
    assert not any("ingestao_idades" in statement for statement in statements)
    assert counted(freshness) == 0
