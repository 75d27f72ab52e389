"""What analytics-api says of history before a real warehouse, beside DuckDB over the same rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import duckdb
import httpx
import pytest
from tests.support.shop import Sale, Shop, running_shop, wait_for

from analytics_api import history_storage
from analytics_api.history_sql import BY_REGION
from analytics_api.history_storage import HistorySource
from analytics_api.history_tables import HistoryTables
from analytics_api.sales import SalesColumns
from warehouse.connection import Warehouse

FIRST = date(2025, 1, 20)
DAYS = [FIRST + timedelta(days=n) for n in range(30)]
REGIONS = ["SP", "RJ", "desconhecido"]
CATEGORIES = ["café & chá", "decoração", "desconhecido"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC).replace(tzinfo=None)
KEPT = ("itens", "figuras", "vendas")
"""What an answer says whether the warehouse is there or not."""
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("history")) as shop:
        wait_for(lambda: shop.get("/vendas/mensais").status_code == 200, "history was read")
        yield shop


def sums(random: Random) -> tuple[Any, ...]:
    """Orders, units, revenue and customers; more may be taken back than sold."""
    cents = random.randrange(-10_000, 10_000_000)
    return (random.randrange(99), random.randrange(-9, 999), Decimal(cents) / 100, 1)


def told(shop: Shop, path: str, *fields: str, **query: str | int) -> Rows:
    """These fields of all items, page by page, with money as a number."""
    found, url = [], f"{shop.url}{path}"
    asked: dict[str, str | int] | None = query
    while url:
        answer = httpx.get(url, params=asked, timeout=20)
        assert answer.status_code == 200, answer.text
        found += answer.json()["itens"]
        following = answer.links.get("next", {}).get("url")
        url, asked = f"{shop.url}{path}{following}" if following else "", None
    money = [item | {"receita": Decimal(item["receita"])} for item in found]
    return [tuple(item[field] for field in fields) for item in money]


def test_before_the_first_load_there_is_nothing(shop: Shop) -> None:
    shop.empty()
    answer = shop.get("/vendas/diarias").json()
    assert (answer["itens"], answer["carregado_em"]) == ([], None)
    assert shop.get(f"/conciliacao/{FIRST}").status_code == 404
    assert shop.get("/produtos/p-none").status_code == 404


def test_random_aggregates_are_what_duckdb_says(shop: Shop) -> None:
    shop.empty()
    random = Random(17)
    keys = list(product(DAYS, REGIONS, CATEGORIES))
    cells = [(*key, *sums(random)) for key in random.sample(keys, 150)]
    daily = [(day, *sums(random)) for day in DAYS if random.random() < 0.8]
    months = [(date(2024, month, 1), *sums(random)) for month in range(1, 13)]
    shop.load(vendas_diarias=cells, receita_diaria=daily, receita_mensal=months)
    fields = ("pedidos", "unidades", "receita", "clientes")
    told_days = [(str(day), *row) for day, *row in sorted(daily)]
    wait_for(lambda: told(shop, "/vendas/diarias", "dia", *fields) == told_days, "days show")
    told_months = [(str(month), *row) for month, *row in months]
    assert told(shop, "/vendas/mensais", "mes", *fields, limite=5) == told_months
    for column, (first, last) in product(("regiao", "categoria"), [(0, 29), (3, 9), (7, 7)]):
        asked = {"inicio": str(DAYS[first]), "fim": str(DAYS[last]), "agrupar": column}
        names = ("dia", column, "unidades", "receita", "pedidos")
        found = told(shop, "/vendas/diarias", *names, limite=7, **asked)
        assert found == grouped(cells, column, DAYS[first], DAYS[last]), asked


def grouped(cells: Rows, column: str, first: date, last: date) -> Rows:
    """The sums of DuckDB, by day and group."""
    database = duckdb.connect()
    database.execute(
        "CREATE TABLE cells (dia DATE, regiao VARCHAR, categoria VARCHAR, pedidos BIGINT, "
        "unidades BIGINT, receita DECIMAL(18, 2), clientes BIGINT)"
    )
    database.executemany("INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?)", cells)
    return database.execute(
        f"SELECT dia::VARCHAR, {column}, sum(unidades), sum(receita), NULL FROM cells "
        f"WHERE dia BETWEEN ? AND ? GROUP BY dia, {column} ORDER BY dia, {column}",
        [first, last],
    ).fetchall()


def test_names_reach_every_answer_after_a_load(shop: Shop) -> None:
    shop.commit(Sale("n1", "p-cafe", 2, "30.00"), Sale("n2", "p-sem-nome", 5, "1.00"))
    shop.commit_stock(("p-cafe", "loja", 4))
    shop.put_alert("p-cafe", 0)
    name = "Café com açúcar"
    rows = [("p-cafe", name, CATEGORIES[0], Decimal("31.50"), NOW, 1)]
    shop.load(produtos=[*rows, ("p-outro", "x" * 300, None, None, NOW, 1)])
    wait_for(lambda: shop.get("/produtos/p-outro").status_code == 200, "the catalogue shows")
    wait_for(lambda: bool(shop.items(id_produto="p-cafe")), "the sale shows")
    wait_for(lambda: "p-cafe" in shop.get("/estoque").text, "the stock shows")
    wait_for(lambda: "p-cafe" in shop.get("/estoque/alertas").text, "the alert shows")
    paths = ("/vendas/resumo", "/produtos/mais_vendidos", "/estoque", "/estoque/alertas")
    for path in (*paths, "/estoque/p-cafe", "/produtos/p-cafe", "/metricas/tempo_real"):
        assert name in shop.get(path).text, path
    best = shop.items("/produtos/mais_vendidos", periodo="hoje", categoria="Café & chá")
    assert [(item["id_produto"], item["total_vendido"]) for item in best] == [("p-cafe", 2)]
    assert [item["nome"] for item in shop.items(id_produto="p-sem-nome")] == [None]
    one = shop.get("/produtos/p-cafe").json()
    assert (one["preco_lista"], one["vendas"]["hoje"]["receita"]) == ("31.50", "60.00")
    assert one["estoque"]["nivel_estoque"] == 4
    assert shop.get("/produtos/p-outro").json()["nome"] == "x" * 200


def test_a_day_shows_once_it_was_reconciled(shop: Shop) -> None:
    zero = [Decimal(0)] * 3
    live, none = (9, 11, 700, 1440), (None, None, 0, 1440)
    rows = [(FIRST, "unidades", 10, 12, 2, 2, *zero, NOW, *live)]
    rows += [(FIRST, "receita", 10, 10, 0, *zero, 0, NOW, *none)]
    rows += [(FIRST, "margem", 1, 1, 0, *zero, 0, NOW, *none)]
    shop.load(conciliacao_diaria=rows)
    path = f"/conciliacao/{FIRST}"
    wait_for(lambda: len(shop.get(path).json().get("figuras", ())) == 2, "the day shows")
    revenue, units = shop.get(path).json()["figuras"]
    assert (revenue["fluxo"], revenue["diferenca"]) == ("10.00", "0.00")
    assert (units["arquivo"], units["ausente_no_fluxo"]) == (12, 2)
    assert (units["ao_vivo"], units["ao_vivo_esperado"], units["minutos"]) == (9, 11, 700)
    assert (revenue["ao_vivo"], revenue["minutos"], revenue["minutos_do_dia"]) == (None, 0, 1440)
    assert units["explicacao"].startswith("Os arquivos dizem 2 unidades a mais que o fluxo")
    assert "O painel ao vivo mostrou 9 unidades" in units["explicacao"]


def test_of_too_many_cells_the_newest_whole_days_are_kept(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.load(vendas_diarias=[(day, r, "c", 1, 1, 1, 1) for day in DAYS for r in REGIONS])
    statement = history_storage._CELLS.replace(f"{history_storage.MOST_CELLS + 1}", "8")
    monkeypatch.setattr(history_storage, "_CELLS", statement)
    monkeypatch.setattr(history_storage, "MOST_CELLS", 7)
    monkeypatch.setattr(history_storage, "_BATCH_ROWS", 2)
    columns = SalesColumns()
    warehouse = Warehouse(shop.warehouse_settings, application="tests")
    HistorySource(warehouse, HistoryTables(columns.cursor())).read()
    kept = columns.cursor().execute(f"SELECT dia, grupo FROM {BY_REGION} ORDER BY ALL").fetchall()
    assert kept == [(day, region) for day in DAYS[-2:] for region in sorted(REGIONS)]


def test_while_the_warehouse_is_away_history_stands(shop: Shop) -> None:
    day = (FIRST, "receita", 10, 10, 0, 0, 0, 0, 0, NOW, None, None, 0, 1440)
    coffee = ("p-cafe", "Café", None, None, NOW, 1)
    shop.load(
        receita_mensal=[(FIRST.replace(day=1), 1, 1, "10.00", 1)],
        receita_diaria=[(FIRST, 1, 1, "10.00", 1)],
        conciliacao_diaria=[day],
        produtos=[coffee],
    )
    paths = ("/vendas/diarias", "/vendas/mensais", f"/conciliacao/{FIRST}", "/produtos/p-cafe")
    wait_for(
        lambda: all(shop.get(path).json().get("degradado") == [] for path in paths), "all is well"
    )
    before = {path: shop.get(path).json() for path in paths}
    shop.kill("redshift-local")
    for path in paths:
        wait_for(lambda path=path: "warehouse" in shop.get(path).json()["degradado"], path)
        after = shop.get(path).json()
        assert after.get("itens", after.get("vendas")) == before[path].get(
            "itens", before[path].get("vendas")
        )
    shop.platform.start_part("redshift-local")
    shop.load(produtos=[("p-cafe", "Café novo", None, None, NOW, 2)])
    wait_for(lambda: "Café novo" in shop.get("/produtos/p-cafe").text, "new names show", seconds=60)
