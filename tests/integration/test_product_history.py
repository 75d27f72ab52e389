"""Products from files on a real warehouse: the latest row counts, and categories move figures."""

import random
from dataclasses import astuple, dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.sales_history import TIMEZONE, Line, as_arrow, figures, utc
from tests.support.warehouse_store import NOW, Store

from service_runtime.errors import TransientError
from warehouse.audit import audit
from warehouse.history import file_load
from warehouse.history.days import rebuild_days
from warehouse.history.products import load_products
from warehouse.history.staged import STAGED_PRODUCTS, STAGED_REJECTED, StagedProducts
from warehouse.history.versions import Carga, FileVersion, Situacao
from warehouse.tables import VENDAS

Product = tuple[str, str, str | None, Decimal | None]


@dataclass(frozen=True)
class Catalogue:
    """A version of a file of products, and how many of its rows were rejected."""

    version: FileVersion
    products: tuple[Product, ...]
    rejected: int


def catalogue(rng: random.Random, arquivo: str, etag: str, *, hours: int) -> Catalogue:
    names = rng.sample(["p1", "p2", "p3"], rng.randint(1, 3))
    found = tuple(
        (name, f"{name} {etag}", rng.choice(["casa", "moda", None]), Decimal(rng.randint(1, 99)))
        for name in names
    )
    rejected = rng.randint(0, 2)
    moment = NOW + timedelta(hours=hours)
    return Catalogue(FileVersion(arquivo, etag, 9, moment, len(found) + rejected), found, rejected)


def load(store: Store, *offered: Catalogue) -> list[Carga]:
    rows = [
        (each.version.id_carga, number, *product)
        for each in offered
        for number, product in enumerate(each.products, start=1)
    ]
    rejected = [
        (each.version.id_carga, each.version.arquivo, number, "nome", None, "")
        for each in offered
        for number in range(each.rejected)
    ]
    batch = StagedProducts(
        versions=[each.version for each in offered],
        rejected_manifest=(
            store.manifest(as_arrow(STAGED_REJECTED, rejected)) if rejected else None
        ),
        manifest=store.manifest(as_arrow(STAGED_PRODUCTS, rows)),
    )
    return load_products(store.warehouse, batch, iam_role="default", timezone=TIMEZONE, now=NOW)


def sell(store: Store) -> list[Line]:
    """Write lines of three products on four days, and their figures."""
    lines = [
        Line(
            f"o{n}",
            f"p{n % 3 + 1}",
            2,
            Decimal("1.50"),
            utc(n % 4, 15),
            "u1",
            None,
            None,
            None,
            "devolucao",
            "outra",
            None,
            None,
            None,
        )
        for n in range(12)
    ]
    values = ", ".join(["%s"] * len(VENDAS.columns))
    with store.warehouse.transaction() as transaction:
        for line in lines:
            statement = f"INSERT INTO vendas ({VENDAS.column_list}) VALUES ({values})"
            transaction.execute(statement, astuple(line))
        rebuild_days(transaction, {line.data.date() for line in lines}, timezone=TIMEZONE)
    return lines


def latest(offered: list[Catalogue]) -> set[tuple[object, ...]]:
    """Of each product the row of the version that was modified last, then of the greater name."""
    rows = [
        (product[0], (each.version.modificado_em, each.version.id_carga), product)
        for each in offered
        for product in each.products
    ]
    newest = {name: max(order for other, order, _ in rows if other == name) for name, _, _ in rows}
    return {
        (*product, order[0].replace(tzinfo=None), order[1])
        for name, order, product in rows
        if order == newest[name]
    }


def check(store: Store, offered: list[Catalogue], lines: list[Line]) -> None:
    expected = latest(offered)
    assert {tuple(row) for row in store.rows("SELECT * FROM produtos")} == expected
    categories = {str(row[0]): str(row[2]) for row in expected if row[2]}
    found = store.rows("SELECT * FROM vendas_diarias")
    assert {tuple(row) for row in found} == figures(lines, categories)["vendas_diarias"]
    assert audit(store.warehouse).problems == []


@pytest.mark.parametrize("seed", range(4))
def test_the_latest_row_of_each_product_counts_in_whatever_order(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    lines = sell(store)
    versions = [
        catalogue(rng, f"produtos/{name}.csv", f"e{hours}", hours=hours)
        for name in "ab"
        for hours in (1, 2, 3)
    ]
    offered: list[Catalogue] = []
    for batch in (rng.sample(versions, rng.choice([1, 2])) for _ in range(6)):
        offered += batch
        for row in load(store, *batch):
            assert row.n_lidas == row.n_gravadas + row.n_preteridas + row.n_rejeitadas
        check(store, offered, lines)


def test_a_load_of_products_that_was_interrupted_is_called_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = sell(store)
    rng = random.Random(1)
    first, second = (catalogue(rng, "produtos/a.csv", f"e{n}", hours=n) for n in (1, 2))
    load(store, first)
    for point in ("after_copy", "after_merge", "before_commit", "after_commit"):

        def stop(name: str, point: str = point) -> None:
            if name == f"produtos_{point}":
                raise TransientError(name)

        with monkeypatch.context() as patch:
            patch.setattr(file_load, "hit_failpoint", stop)
            with pytest.raises(TransientError):
                load(store, second)
        check(store, [first] if point != "after_commit" else [first, second], lines)
    (row,) = load(store, second)
    assert row.situacao is Situacao.CARREGADA
    check(store, [first, second], lines)
