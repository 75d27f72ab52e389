"""Sales from files on a real warehouse: random histories beside a model, kills, and two at once."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from tests.support.history_loads import compute_figures, load_staged
from tests.support.sales_history import (
    FIGURES,
    TIMEZONE,
    Export,
    Line,
    LiveFigures,
    Model,
    added_up,
    day_of,
    figures,
    lines_of,
    live_figures,
    staged,
    utc,
)
from tests.support.stream import encoded
from tests.support.warehouse_store import NOW, Store

from service_runtime.errors import PermanentError, TransientError
from warehouse.audit import audit
from warehouse.connection import Warehouse
from warehouse.history import cargas, file_load
from warehouse.history.cargas import loaded_versions, set_aside
from warehouse.history.days import days_with_stream, rebuild_days
from warehouse.history.reconciled_row import Reconciled
from warehouse.history.reconciliation import reconcile
from warehouse.history.staged import StagedSales
from warehouse.history.versions import Carga, FileVersion, Situacao, Tipo
from warehouse.load import Writer, load_batch
from warehouse.staging import StagedFile

ORDERS = [f"o{number}" for number in range(5)]
PRODUCTS = ["p1", "p2"]
COMPONENTS = ("ausente_no_fluxo", "ausente_no_arquivo", "outro_dia", "valor_diferente")


def load(store: Store, *exports: Export) -> list[Carga]:
    return load_staged(store, staged(store, exports))


@dataclass
class Shop:
    """A warehouse and the model of what it must hold."""

    store: Store
    rng: random.Random
    model: Model = field(default_factory=Model)
    writer: Writer = field(init=False)
    offset: int = 0
    stale: set[date] = field(default_factory=set)
    """Days with lines of the stream that no load has added up yet."""
    closed: dict[datetime, LiveFigures] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.writer = self.store.take_over()

    def export(self, arquivo: str, etag: str, *, hours: int, size: int = 4) -> Export:
        """A version with random rows; dates differ by at most a day from the stream's."""
        version = FileVersion(arquivo, etag, 10, NOW + timedelta(hours=hours))
        every = [(order, product) for order in ORDERS for product in PRODUCTS]
        chosen = self.rng.sample(every, min(size, len(every)))
        lines = tuple(
            replace(
                self._line(sale, "compra", self.rng.randint(1, 4)),
                origem="arquivo",
                regiao=self.rng.choice([None, "SP", "RJ", "desconhecido"]),
                id_carga=version.id_carga,
                linha=number,
            )
            for number, sale in enumerate(chosen, start=1)
        )
        rejected = tuple(
            (version.id_carga, arquivo, len(lines) + number, "data", "data", "x;y")
            for number in range(1, self.rng.randint(1, 3))
        )
        whole = replace(version, n_lidas=len(lines) + len(rejected))
        return Export(whole, lines, rejected)

    def _line(self, sale: tuple[str, str], tipo_evento: str, units: int) -> Line:
        base = ORDERS.index(sale[0])
        moment = utc(base, self.rng.randint(0, 23)) + timedelta(seconds=self.rng.randint(0, 3599))
        price = Decimal(self.rng.randint(1, 3000)) / 100
        user = f"u{base % 3}"
        none = (None, None, None)
        return Line(*sale, units, price, moment, user, *none, tipo_evento, "", None, None, None)

    def stream(self) -> None:
        """A batch of purchases and returns."""
        first, count = self.offset, self.rng.randint(1, 5)
        lines = [self._event(offset) for offset in range(first, first + count)]
        events = [
            {
                "id_evento": line.id_evento,
                "id_usuario": line.id_usuario,
                "tipo_evento": line.tipo_evento,
                "id_pedido": line.id_pedido,
                "id_produto": line.id_produto,
                "quantidade": abs(line.quantidade),
                "preco": float(line.preco),
                "timestamp": line.data.isoformat(),
            }
            for line in lines
        ]
        batch = self.store.stage(encoded(events), off_from=first)
        load_batch(self.store.warehouse, batch, writer=self.writer, now=NOW)
        self.offset += count
        before = self.model.tables()[0]
        self.model.stream += lines
        self.stale |= {day_of(line.data) for line in self.model.tables()[0] - before}

    def _event(self, offset: int) -> Line:
        sale = (self.rng.choice(ORDERS), self.rng.choice(PRODUCTS))
        tipo = self.rng.choice(["compra", "compra", "devolucao", "cancelamento"])
        units = self.rng.randint(1, 3) * (1 if tipo == "compra" else -1)
        line = self._line(sale, tipo, units)
        # The days of two orders are one, and few minutes: some have several lines.
        day = utc(max(ORDERS.index(sale[0]), 1), self.rng.choice([2, 3]))
        seconds = self.rng.randint(0, 1) * 60 + line.data.second
        return replace(
            line,
            data=day + timedelta(seconds=seconds),
            origem="fluxo",
            id_evento=str(UUID(int=self.rng.getrandbits(128), version=4)),
            kafka_partition=0,
            kafka_offset=offset,
        )

    def load(self, *exports: Export) -> list[Carga]:
        """Load the versions and say so to the model."""
        rows = load(self.store, *exports)
        self.loaded(*exports)
        return rows

    def loaded(self, *exports: Export) -> None:
        """Say to the model that the versions were loaded."""
        before = self.model.tables()[0]
        for export in exports:
            self.model.load(export)
        self.stale -= {day_of(line.data) for line in self.model.tables()[0] ^ before}

    def check(self) -> None:
        """Compare every table with the model, the figures with DuckDB, and ask the audit."""
        compute_figures(self.store)
        winners, passed_over = self.model.tables()
        assert lines_of(self.store, "vendas") == winners
        assert lines_of(self.store, "vendas_preteridas") == passed_over
        marks = self.store.rows("SELECT id_evento FROM devolucoes_sem_compra")
        assert sorted(row[0] for row in marks) == sorted(self.model.returns_without_purchase())
        rejected = self.store.rows("SELECT * FROM vendas_rejeitadas")
        assert {tuple(row) for row in rejected} == self.model.rejected()
        assert len(rejected) == len(self.model.rejected())
        self._check_figures(winners)
        assert audit(self.store.warehouse).problems == []

    def _check_figures(self, lines: set[Line]) -> None:
        stale = self.stale | {day.replace(day=1) for day in self.stale}
        for table, expected in figures(lines, {}).items():
            rows = [tuple(row) for row in self.store.rows(f"SELECT * FROM {table}")]
            assert len(rows) == len(set(rows))
            assert {row for row in rows if row[0] not in stale} == {
                row for row in expected if row[0] not in stale
            }, table

    def rebuild(self) -> None:
        """What the stream added since the last load is added up too."""
        lines = self.model.tables()[0]
        days = {day_of(line.data) for line in lines}
        with self.store.warehouse.transaction() as transaction:
            streamed = days_with_stream(transaction, days, timezone=TIMEZONE)
            rebuild_days(transaction, streamed, timezone=TIMEZONE)
        assert streamed == {day_of(line.data) for line in lines if line.origem == "fluxo"}
        self.stale = set()

    def close_minutes(self) -> None:
        """Most of the minutes with lines and some others; the live figures lack some lines."""
        seen = [line for line in self.model.stream if self.rng.random() < 0.8]
        live = live_figures(seen)
        every = {line.data.replace(second=0, microsecond=0) for line in self.model.stream}
        every |= {utc(n, 3) + timedelta(minutes=5) for n in range(4)}
        chosen = [minute for minute in sorted(every) if self.rng.random() < 0.7]
        self.closed = {minute: live.get(minute, (0, 0, Decimal(0))) for minute in chosen}
        with self.store.warehouse.transaction() as transaction:
            for row in self.closed.items():
                values = (row[0], *row[1], 0, row[0])
                transaction.execute(
                    "INSERT INTO metricas_minuto VALUES (%s, %s, %s, %s, %s, %s)", values
                )

    def check_live(self, day: date, rows: list[Reconciled]) -> None:
        """Both sides of the closed minutes of a day."""
        closed = {m: told for m, told in self.closed.items() if day_of(m) == day}
        live = added_up(closed.values())
        expected = added_up(
            told for m, told in live_figures(self.model.stream).items() if m in closed
        )
        for row in rows:
            sides = (live[row.figura], expected[row.figura]) if closed else (None, None)
            assert (row.ao_vivo, row.ao_vivo_esperado) == sides, (day, row.figura)
            assert (row.minutos, row.minutos_do_dia) == (len(closed), 1440)
        assert self.store.rows(
            f"SELECT ao_vivo FROM conciliacao_diaria WHERE dia = DATE '{day}' ORDER BY figura"
        ) == [[row.ao_vivo] for row in sorted(rows, key=lambda row: row.figura)]

    def check_reconciliation(self) -> None:
        for day in sorted({day_of(line.data) for table in self.model.tables() for line in table}):
            rows = reconcile(self.store.warehouse, day, timezone=TIMEZONE, now=NOW)
            self.check_live(day, rows)
            expected = self.model.reconciled(day)
            assert {row.figura for row in rows} == set(expected)
            for row in rows:
                found = {name: getattr(row, name) for name in (*COMPONENTS, "fluxo", "arquivo")}
                wanted = expected[row.figura]
                assert found == {name: wanted.get(name, 0) for name in found}, (day, row.figura)
                assert row.diferenca == row.arquivo - row.fluxo
                assert row.diferenca == sum(getattr(row, name) for name in COMPONENTS)


Step = Callable[[Shop], object]


def versions(shop: Shop) -> list[Export]:
    """Three paths in up to three versions, two of which were modified in the same hour."""
    return [
        shop.export(f"vendas/{name}.csv", f"e{version}", hours=hours, size=shop.rng.randint(0, 7))
        for name in ("a", "b", "c")
        for version, hours in enumerate(sorted(shop.rng.choices(range(4), k=3)))
    ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_loaded_in_whatever_order(store: Store, seed: int) -> None:
    """Batches of the stream among files that come corrected, late, twice and together."""
    rng = random.Random(seed)
    shop = Shop(store, rng)
    exports = versions(shop)
    for _ in range(7):
        if rng.random() < 0.4:
            shop.stream()
        else:
            shop.load(*rng.sample(exports, rng.choice([1, 1, 2, 3])))
        shop.check()
    shop.rebuild()
    shop.check()
    shop.close_minutes()
    shop.check_reconciliation()


TABLES = ("vendas", "vendas_preteridas", "devolucoes_sem_compra", "vendas_rejeitadas", *FIGURES)


def contents(store: Store) -> dict[str, list[str]]:
    """Every row of sales and figures, and what does not depend on the order in `cargas`."""
    found = {table: sorted(map(repr, store.rows(f"SELECT * FROM {table}"))) for table in TABLES}
    rows = store.rows(
        "SELECT id_carga, situacao, n_lidas, n_gravadas + n_preteridas, n_rejeitadas FROM cargas"
    )
    return found | {"cargas": sorted(map(repr, rows))}


@pytest.mark.parametrize("seed", range(1))
def test_the_order_of_loads_changes_nothing(store: Store, seed: int) -> None:
    results = []
    for order in range(3):
        store.empty()
        shop = Shop(store, random.Random(seed))
        exports = versions(shop)
        steps: list[Step] = [lambda shop, e=export: shop.load(e) for export in exports]
        random.Random(order).shuffle(steps)
        for at in (2, 5):
            steps.insert(at + order, Shop.stream)
        for step in steps:
            step(shop)
        shop.rebuild()
        shop.check()
        results.append(contents(store))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    "point",
    [
        "carga_after_copy",
        "carga_after_record",
        "carga_after_merge",
        "carga_before_commit",
        "carga_after_commit",
    ],
)
def test_a_load_that_was_interrupted_is_called_again(
    store: Store, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(store, random.Random(7))
    shop.stream()
    first, second = (shop.export("vendas/a.csv", f"e{n}", hours=n) for n in (1, 2))
    shop.load(first)

    def stop(name: str) -> None:
        if name == point:
            raise TransientError(name)

    with monkeypatch.context() as patch:
        patch.setattr(file_load, "hit_failpoint", stop)
        with pytest.raises(TransientError, match=point):
            load(store, second)
    if point != "carga_after_commit":
        shop.check()
    (row,) = shop.load(second)
    assert row.situacao is Situacao.CARREGADA
    shop.check()


def test_two_loads_at_once_give_what_one_after_the_other_gives(store: Store) -> None:
    shop = Shop(store, random.Random(3))
    shop.stream()
    exports = versions(shop)
    batches = [exports[:5], exports[3:], exports[:5], exports[3:]]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: load_alone(store, staged(store, batch)), batches))
    shop.loaded(*exports)
    shop.check()


def load_alone(store: Store, batch: StagedSales) -> None:
    """By a connection of its own, and again as often as others are in the way: that ends, since one
    of them goes on each time."""
    with closing(Warehouse(store.settings, application="tests")) as warehouse:
        while True:
            try:
                load_staged(replace(store, warehouse=warehouse), batch)
            except TransientError:
                continue
            return


@pytest.mark.parametrize(
    ("offered", "first"),
    [
        pytest.param([1, 3], [1], id="one of them"),
        pytest.param([1, 3], [2], id="a newer one of the same path"),
        pytest.param([1, 3], [1, 3], id="all of them"),
        pytest.param([1], [0], id="an older one"),
    ],
)
def test_what_another_run_loads_after_the_choice_of_versions_comes_in_once(
    store: Store, offered: list[int], first: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(store, random.Random(11))
    shop.stream()
    exports = [shop.export("vendas/a.csv", f"e{n}", hours=n) for n in range(3)]
    exports.append(shop.export("vendas/b.csv", "e1", hours=1, size=9))
    batch = staged(store, [exports[n] for n in offered])
    other = staged(store, [exports[n] for n in first])
    waiting = iter([other])

    def load_other(name: str) -> None:
        if name == "carga_after_copy":
            for each in waiting:
                load_alone(store, each)

    with monkeypatch.context() as patch:
        patch.setattr(file_load, "hit_failpoint", load_other)
        load_alone(store, batch)
    assert list(waiting) == []
    shop.loaded(*(exports[n] for n in [*first, *offered]))
    shop.check()


def test_files_of_versions_that_do_not_count_are_not_read(store: Store) -> None:
    shop = Shop(store, random.Random(13))
    old, new, other = (
        shop.export("vendas/a.csv", "e1", hours=1),
        shop.export("vendas/a.csv", "e2", hours=2),
        shop.export("vendas/b.csv", "e1", hours=1),
    )
    batch = staged(store, [old, new, other])
    gone = StagedFile(f"{batch.lines[new.version.id_carga][0].url}.gone", 1)
    load_staged(store, replace(batch, lines={**batch.lines, old.version.id_carga: [gone]}))
    rows = load_staged(store, replace(batch, lines={key: [gone] for key in batch.lines}))
    found = (rows[0].situacao, rows[0].n_gravadas, rows[0].n_preteridas)
    assert found == (Situacao.SUBSTITUIDA, 0, len(old.lines))
    shop.loaded(old, new, other)
    shop.check()


def test_each_version_is_accounted_for(store: Store) -> None:
    shop = Shop(store, random.Random(5))
    shop.stream()
    old, new, other = (
        shop.export("vendas/a.csv", "e1", hours=1, size=10),
        shop.export("vendas/a.csv", "e2", hours=2, size=10),
        shop.export("vendas/b.csv", "e1", hours=3, size=6),
    )
    purchases = {line for line in shop.model.stream if line.is_purchase}
    (first,) = shop.load(old)
    assert (first.n_gravadas, first.n_preteridas, first.n_substituidas) == (10, 0, len(purchases))
    assert first.n_lidas == 10 + first.n_rejeitadas
    (second,) = shop.load(other)
    assert (second.n_gravadas, second.n_preteridas, second.n_substituidas) == (6, 0, 0)
    (third,) = shop.load(new)
    assert (third.n_gravadas, third.n_preteridas, third.n_substituidas) == (4, 6, 0)
    (late,) = shop.load(old)
    assert replace(late, carregada_em=first.carregada_em) == replace(
        first, situacao=Situacao.SUBSTITUIDA
    )
    with store.warehouse.transaction() as transaction:
        known = loaded_versions(transaction)
    assert set(known) == {("vendas/a.csv", "e2"), ("vendas/b.csv", "e1")}
    shop.check()


def test_a_version_that_was_put_back_counts_again(store: Store) -> None:
    shop = Shop(store, random.Random(6))
    first = shop.export("vendas/a.csv", "e1", hours=1)
    shop.load(first)
    shop.load(shop.export("vendas/a.csv", "e2", hours=2))
    again = replace(first, version=replace(first.version, modificado_em=NOW + timedelta(hours=3)))
    (row,) = shop.load(again)
    assert (row.situacao, row.modificado_em) == (Situacao.CARREGADA, NOW + timedelta(hours=3))
    shop.check()
    touched = replace(first, version=replace(first.version, modificado_em=NOW + timedelta(hours=4)))
    shop.load(touched)
    shop.check()
    assert store.count("cargas") == 2


def test_a_file_that_is_set_aside_changes_no_sale(store: Store) -> None:
    shop = Shop(store, random.Random(8))
    good = shop.export("vendas/a.csv", "e1", hours=1)
    bad = FileVersion("vendas/a.csv", "e2", 10, NOW + timedelta(hours=2))
    shop.load(good)
    for version, erro in ((bad, "é" * 600), (good.version, "x")):
        set_aside(store.warehouse, version, tipo=Tipo.VENDAS, erro=erro, now=NOW)
    shop.check()
    with store.warehouse.transaction() as transaction:
        rows = cargas.of_paths(transaction, [bad])
        assert set(loaded_versions(transaction)) == {("vendas/a.csv", "e1")}
    assert [(row.situacao, row.erro) for row in rows] == [
        (Situacao.CARREGADA, None),
        (Situacao.IGNORADA, "é" * 256),
    ]
    shop.load(shop.export("vendas/a.csv", "e2", hours=2))
    shop.check()
    assert store.count("cargas") == 2


def test_a_sale_of_the_stream_gives_way_however_far_its_date_is(store: Store) -> None:
    shop = Shop(store, random.Random(9))
    shop.stream()
    export = shop.export("vendas/a.csv", "e1", hours=1, size=10)
    early = tuple(replace(line, data=line.data - timedelta(days=30)) for line in export.lines)
    shop.load(replace(export, lines=early))
    shop.check()


def test_rows_that_are_not_those_of_the_version_are_refused(store: Store) -> None:
    shop = Shop(store, random.Random(10))
    export = shop.export("vendas/a.csv", "e1", hours=1)
    short, long, shortest = (
        replace(export, version=replace(export.version, n_lidas=n_lidas))
        for n_lidas in (export.version.n_lidas - 1, export.version.n_lidas + 1, 0)
    )
    for batch in ([short], [long], [shortest], [export, export]):
        with pytest.raises(PermanentError):
            load(store, *batch)
    assert store.count("cargas") == store.count("vendas") == 0


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM vendas WHERE linha = 1", "more or fewer lines"),
        ("DELETE FROM vendas_rejeitadas", "more or fewer rejected rows"),
        ("UPDATE cargas SET n_lidas = n_lidas + 1", "do not add up"),
        ("UPDATE vendas SET id_pedido = id_pedido || 'x'", "passed over though no file"),
        ("UPDATE vendas SET id_pedido = 'o0', id_produto = 'p1'", "count twice, from two files"),
        ("UPDATE cargas SET arquivo = 'a'", "more than one version that counts"),
    ],
)
def test_the_audit_finds_files_that_are_not_as_cargas_says(
    store: Store, statement: str, problem: str
) -> None:
    shop = Shop(store, random.Random(12))
    shop.stream()
    shop.load(*(shop.export(f"vendas/{name}.csv", "e", hours=1, size=9) for name in "ab"))
    shop.check()
    with store.warehouse.transaction() as transaction:
        transaction.execute(statement)
    found = audit(store.warehouse).problems
    assert any(problem in each for each in found), found
