"""The figures that tasks compute of staged sales, beside those that the warehouse computes."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.support.figures_twin import Sale, categories_of, staged_rows
from tests.support.history_loads import compute_figures, load_staged
from tests.support.warehouse_store import NOW, Store

from batch_etl.figures_task import FIGURES_OUTCOMES, stage_figures
from batch_etl.layout import Rules
from batch_etl.month_figures import (
    DatedFile,
    FiguresOutcome,
    MonthFigures,
    files_by_month,
    put_together,
)
from batch_etl.month_lines import FIGURES
from batch_etl.settings import S3Places
from event_contracts.evento import MAX_PRECO, MAX_QUANTIDADE
from service_runtime.errors import TransientError
from spark_runtime.python_worker import Task
from warehouse.history.staged import StagedSales
from warehouse.history.versions import FileVersion
from warehouse.literals import local_in
from warehouse.money import LARGEST
from warehouse.staging import StagedFile
from warehouse.tables import VENDAS

CATEGORIES = {"p1": "livros", "p2": None, "p3": "casa"}
MIDNIGHTS = ("2025-11-01 03:00", "2025-11-01 04:00", "2025-11-02 04:00", "2025-11-03 05:00")
"""In UTC: of America/Sao_Paulo, and of America/New_York around the end of summer time."""


def sales_of(rng: random.Random, size: int) -> list[Sale]:
    """Each order and product once; some orders have lines on two days, in two regions or months,
    or of two customers, whose order depends on how texts are compared."""
    pairs = [(f"o{order}", f"p{product}") for order in range(size) for product in range(1, 5)]
    return [_sale(rng, *pair) for pair in rng.sample(pairs, size)]


def _sale(rng: random.Random, order: str, product: str) -> Sale:
    around = datetime.fromisoformat(rng.choice(MIDNIGHTS))
    moment = around + rng.choice(
        [timedelta(0), timedelta(microseconds=-1), timedelta(minutes=rng.randint(-3000, 3000))]
    )
    customer = rng.choice([None, "u1", "U1", "a-1", "a1", "é", f"u{order}"])
    region = rng.choice([None, "SP", "RJ", "desconhecido"])
    price = Decimal(rng.choice([0, 1, 9_999_999_999, rng.randint(1, 10_000)])) / 100
    return Sale(order, product, rng.choice([1, 2, 1_000_000]), price, moment, customer, region)


def stage(store: Store, sales: list[Sale], parts: int) -> tuple[StagedSales, list[DatedFile]]:
    """The sales as one version of a file in several staged files, as a run has them."""
    version = FileVersion("vendas/a.parquet", "e", 10, NOW, len(sales))
    rows = staged_rows(sales, version.id_carga)
    dated = []
    for part in range(parts):
        own = rows.slice(part * len(sales) // parts, len(sales) // parts)
        ends = pc.min_max(own["data"]).as_py()
        file = store.area.write_table(own, f"sales-{part}.parquet")
        dated.append(DatedFile(file, ends["min"], ends["max"]))
    lines = {version.id_carga: [each.file for each in dated]}
    batch = StagedSales(versions=[version], rejected_manifest=None, lines=lines, folder="sales")
    return batch, dated


def computed(files: list[DatedFile], timezone: str) -> list[MonthFigures]:
    """As the driver has them computed by tasks, but without Spark between the two."""
    months = files_by_month(files, timezone=timezone)
    task: Task = partial(
        stage_figures,
        months=months,
        categories=categories_of(CATEGORIES),
        places=S3Places(history_url="s3://staging"),
        folder="figures",
        rules=Rules(timezone=timezone, now=NOW),
    )
    numbers = pa.RecordBatch.from_pydict({"id": list(range(len(months)))})
    found = list(task(iter([numbers])))
    assert {batch.schema for batch in found} == {FIGURES_OUTCOMES}
    outcomes = [FiguresOutcome(**row) for batch in found for row in batch.to_pylist()]
    return put_together(months, outcomes)


def staged_figures(store: Store, files: list[StagedFile], columns: list[str]) -> list[Any]:
    return [
        list(row.values())
        for file in files
        for batch in store.area.batches(file, columns)
        for row in batch.to_pylist()
    ]


def check_same(store: Store, sales: list[Sale], timezone: str) -> list[Any]:
    """That both compute the same of these sales; returns what the warehouse has per month."""
    with store.warehouse.transaction() as transaction:
        for product, category in CATEGORIES.items():
            transaction.execute(
                "INSERT INTO produtos VALUES (%s, 'n', %s, NULL, %s, 1)",
                (product, category, NOW.replace(tzinfo=None)),
            )
    batch, files = stage(store, sales, parts=3)
    load_staged(store, batch, timezone=timezone)
    compute_figures(store, timezone=timezone)
    months = computed(files, timezone)
    assert [each.month for each in months] == [date(2025, 10, 1), date(2025, 11, 1)]
    for table in FIGURES:
        names = [column.name for column in table.columns]
        staged = [file for each in months for file in each.tables[table.name]]
        expected = store.rows(f"SELECT {table.column_list} FROM {table.name}")
        found = staged_figures(store, staged, names)
        assert sorted(map(repr, found)) == sorted(map(repr, map(list, expected))), table.name
    (version,) = batch.versions
    month = f"DATE_TRUNC('month', {local_in(timezone)})"
    lines = store.rows(f"SELECT COUNT(*) FROM {VENDAS.name} GROUP BY {month} ORDER BY {month}")
    assert [each.lines for each in months] == [{version.id_carga: n} for (n,) in lines]
    return store.rows("SELECT mes, receita FROM receita_mensal ORDER BY mes")


@pytest.mark.parametrize("timezone", ["America/Sao_Paulo", "America/New_York"])
@pytest.mark.parametrize("seed", range(2))
def test_they_are_those_that_the_warehouse_computes(store: Store, timezone: str, seed: int) -> None:
    check_same(store, sales_of(random.Random(seed), 300), timezone)


def test_more_than_a_table_holds_is_its_limit_in_both(store: Store) -> None:
    small = sales_of(random.Random(1), 300)
    base = replace(small[0], data=datetime.fromisoformat("2025-10-20"), regiao="SP")
    largest = replace(base, quantidade=MAX_QUANTIDADE, preco=MAX_PRECO)
    sales = [*small, *(replace(largest, id_pedido=f"largest{n}") for n in range(102))]
    october, november = check_same(store, sales, "America/Sao_Paulo")
    assert october[1] == LARGEST > november[1] > 0


def test_a_month_without_lines_between_two_with_some_has_no_figures(store: Store) -> None:
    base = _sale(random.Random(1), "o1", "p1")
    moments = [datetime.fromisoformat(f"2025-{month}-10 12:00") for month in ("09", "11")]
    sales = [replace(base, id_pedido=str(at), data=at) for at in moments]
    _, files = stage(store, sales, parts=1)
    months = computed(files, "America/Sao_Paulo")
    assert [(each.month.month, sum(each.lines.values())) for each in months] == [
        (9, 1), (10, 0), (11, 1)
    ]  # fmt: skip
    assert [set(each.tables) for each in months] == [
        {table.name for table in FIGURES}, set(), {table.name for table in FIGURES}
    ]  # fmt: skip


def test_what_was_staged_is_read_back_by_column_or_is_tried_again(store: Store) -> None:
    rows = staged_rows([_sale(random.Random(1), "o1", "p1")])
    file = store.area.write_table(rows, "read-back.parquet")
    (batch,) = store.area.batches(file, ["regiao", "id_pedido"])
    assert batch.to_pylist() == rows.select(["regiao", "id_pedido"]).to_pylist()
    gone = StagedFile(f"{file.url}-gone", file.size)
    with pytest.raises(TransientError, match="staging"):
        list(store.area.batches(gone, ["regiao"]))
