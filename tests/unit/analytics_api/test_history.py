"""Past days, one product, and names, as the edge answers them from memory."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.analytics import (
    CATALOGUE,
    LONG_AGO,
    NOW,
    TODAY,
    YESTERDAY,
    empty_memory,
    filled_memory,
)
from tests.support.waiting import wait_until

from analytics_api import history_sql, waiting
from analytics_api.app import create_app
from analytics_api.catalogue import Catalogue, Product
from analytics_api.history import History
from analytics_api.history_tables import HistoryTables
from analytics_api.periods import Period, PeriodoAteHoje, first_day
from analytics_api.routers.memory import Memory
from analytics_api.stock import StockLevels

OLDER = TODAY - timedelta(days=2)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(filled_memory())) as client:
        yield client


def rows(client: TestClient, path: str, *fields: str, **query: str) -> list[tuple[Any, ...]]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [tuple(item[field] for field in fields) for item in answer.json()["itens"]]


SUMS = ("pedidos", "unidades", "receita", "clientes", "origem")


def test_days_are_those_of_memory_and_only_older_ones_the_aggregate(client: TestClient) -> None:
    assert rows(client, "/vendas/diarias", "dia", *SUMS) == [
        (str(LONG_AGO), 9, 12, "1200.50", 7, "agregado"),
        (str(OLDER), 0, -1, "-0.01", 0, "ao_vivo"),
        (str(YESTERDAY), 1, 5, "1000.00", None, "ao_vivo"),
        (str(TODAY), 1, 3, "349.80", None, "ao_vivo"),
    ]


@pytest.mark.parametrize(
    ("path", "table", "key"),
    [
        pytest.param("/vendas/diarias", history_sql.DAILY, YESTERDAY, id="a day"),
        pytest.param("/vendas/mensais", history_sql.MONTHLY, date(2025, 4, 1), id="a month"),
    ],
)
@pytest.mark.parametrize(
    ("aggregate", "customers"),
    [
        pytest.param((1, 3, "60.00", 1), None, id="computed before it was over"),
        pytest.param((2, 9, "180.00", 2), 2, id="computed when it was over"),
    ],
)
def test_the_aggregate_of_a_part_of_a_day_or_month_is_not_told_as_the_whole(
    path: str, table: str, key: date, aggregate: tuple[Any, ...], customers: int | None
) -> None:
    memory = empty_memory()
    figures = memory.figures
    figures.warehouse.confirmed_at = figures.history_store.confirmed_at = NOW
    figures.columns.add([[("o1", "p1", key, 4, "80.00"), ("o2", "p1", key, 5, "100.00")]], [])
    HistoryTables(figures.columns.cursor()).replace({table: [[(key, *aggregate)]]})
    with TestClient(create_app(memory)) as client:
        assert rows(client, path, *SUMS) == [(2, 9, "180.00", customers, "ao_vivo")]


def test_today_has_no_groups_though_the_aggregates_have_a_part_of_it() -> None:
    memory = filled_memory()
    cells = [[(day, "SP", 8, "1000.50") for day in (YESTERDAY, TODAY)]]
    HistoryTables(memory.figures.columns.cursor()).replace({history_sql.BY_REGION: cells})
    with TestClient(create_app(memory)) as client:
        told = rows(client, "/vendas/diarias", "dia", agrupar="regiao")
    assert told == [(str(YESTERDAY),)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"agrupar": "regiao"}, [("RJ", None, 4, "200.00"), ("SP", None, 8, "1000.50")]),
        ({"agrupar": "categoria"}, [(None, "cozinha", 12, "1200.50")]),
        ({"agrupar": "regiao", "fim": str(OLDER)}, []),
        ({"inicio": str(TODAY)}, [(None, None, 3, "349.80")]),
        ({"inicio": str(OLDER), "fim": str(OLDER)}, [(None, None, -1, "-0.01")]),
    ],
)
def test_days_of_a_period_and_a_group(
    client: TestClient, query: dict[str, str], expected: list[tuple[Any, ...]]
) -> None:
    fields = ("regiao", "categoria", "unidades", "receita")
    assert rows(client, "/vendas/diarias", *fields, **query) == expected


def test_the_present_month_is_up_to_now(client: TestClient) -> None:
    fields = ("mes", "pedidos", "unidades", "receita", "clientes", "origem")
    aggregate = ("2025-04-01", 9, 12, "1200.50", 7, "agregado")
    present = ("2025-05-01", 2, 7, "1349.79", None, "ao_vivo")
    assert rows(client, "/vendas/mensais", *fields) == [aggregate, present]
    assert rows(client, "/vendas/mensais", *fields, inicio="2025-05-31") == [present]
    assert rows(client, "/vendas/mensais", *fields, fim="2025-04-01") == [aggregate]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"agrupar": "regiao"}, [("RJ", None, 4, "200.00"), ("SP", None, 8, "1000.50")]),
        ({"agrupar": "categoria"}, [(None, "cozinha", 12, "1200.50")]),
        ({"agrupar": "regiao", "fim": "2025-04-30"}, []),
        ({"agrupar": "regiao", "inicio": "2025-05-31", "limite": "1"}, [("RJ", None, 4, "200.00")]),
    ],
)
def test_months_of_a_group(
    client: TestClient, query: dict[str, str], expected: list[tuple[Any, ...]]
) -> None:
    fields = ("regiao", "categoria", "unidades", "receita")
    assert rows(client, "/vendas/mensais", *fields, **query) == expected


def test_months_of_a_region_are_the_sums_of_its_past_days() -> None:
    memory = filled_memory()
    april = date(2025, 4, 30)
    sold = [(april, 1, "0.10"), (OLDER, 2, "20.00"), (YESTERDAY, 4, "0.05"), (TODAY, 8, "9.00")]
    cells = [[(day, "SP", units, revenue) for day, units, revenue in sold]]
    HistoryTables(memory.figures.columns.cursor()).replace({history_sql.BY_REGION: cells})
    with TestClient(create_app(memory)) as client:
        told = rows(client, "/vendas/mensais", "mes", "unidades", "receita", agrupar="regiao")
    assert told == [("2025-04-01", 1, "0.10"), ("2025-05-01", 6, "20.05")]


def test_an_order_of_several_days_is_one_order_of_its_month() -> None:
    memory = filled_memory()
    lines = [("o9", "p9", day, 1, "5.00") for day in (YESTERDAY, TODAY)]
    memory.figures.columns.add([lines], [])
    with TestClient(create_app(memory)) as client:
        told = rows(client, "/vendas/mensais", "pedidos", "unidades", inicio=str(TODAY))
    assert told == [(3, 9)]


@pytest.mark.parametrize(
    "path",
    [
        "/vendas/diarias?limite=1",
        "/vendas/diarias?agrupar=regiao&limite=1",
        "/vendas/mensais?limite=1",
        "/vendas/mensais?agrupar=regiao&limite=1",
    ],
)
def test_pages_hold_each_row_once(client: TestClient, path: str) -> None:
    found, url = [], path
    while url:
        answer = client.get(url)
        found += answer.json()["itens"]
        following = answer.links.get("next", {}).get("url")
        url = path.partition("?")[0] + following if following else ""
    whole = client.get(path.replace("limite=1", "limite=9"))
    assert (found, "link" in whole.headers) == (whole.json()["itens"], False)


def test_what_the_answer_says_of_its_age(client: TestClient) -> None:
    told = client.get("/vendas/mensais").json()
    assert told["carregado_em"] == "2025-05-15T02:30:30.000Z"
    assert told["atualizado_em"] == "2025-05-15T02:30:28.000Z"


def test_a_reconciled_day(client: TestClient) -> None:
    told = client.get(f"/conciliacao/{YESTERDAY}").json()
    revenue, units = told["figuras"]
    assert revenue == {
        "figura": "receita",
        "fluxo": "1000.00",
        "arquivo": "1200.50",
        "diferenca": "200.50",
        "ausente_no_fluxo": "250.00",
        "ausente_no_arquivo": "-49.50",
        "outro_dia": "0.00",
        "valor_diferente": "0.00",
        "explicacao": "Os arquivos dizem R$ 200,50 a mais que o fluxo: "
        "+R$ 250,00 de vendas que só estão nos arquivos e "
        "−R$ 49,50 de vendas que só estão no fluxo. "
        "O painel ao vivo mostrou R$ 900,00, já sem devoluções, "
        "o mesmo que o fluxo nos mesmos minutos.",
        "ao_vivo": "900.00",
        "ao_vivo_esperado": "900.00",
        "minutos": 1440,
        "minutos_do_dia": 1440,
    }
    assert (units["arquivo"], units["diferenca"]) == (12, 0)
    assert (units["ao_vivo"], units["minutos"]) == (None, 0)
    assert client.get(f"/conciliacao/{TODAY}").status_code == 404


def test_reconciled_days_are_those_of_one_day_each(client: TestClient) -> None:
    told, one = client.get("/conciliacao").json(), client.get(f"/conciliacao/{YESTERDAY}").json()
    assert [day | {"degradado": []} for day in told["itens"]] == [one]
    assert (told["proximo_cursor"], told["carregado_em"]) == (None, "2025-05-15T02:30:30.000Z")
    assert client.get("/conciliacao", params={"inicio": str(TODAY)}).json()["itens"] == []


def test_a_store_that_is_away_is_named_and_history_stands() -> None:
    memory = filled_memory()
    with TestClient(create_app(memory)) as client:
        paths = ("/vendas/diarias", "/vendas/mensais", f"/conciliacao/{YESTERDAY}")
        before = [client.get(path).json() for path in paths]
        memory.figures.history_store.problem = "warehouse: gone"
        after = [client.get(path).json() for path in paths]
    assert after == [answer | {"degradado": ["warehouse"]} for answer in before]


def test_one_product(client: TestClient) -> None:
    told = client.get("/produtos/p002-mochila").json()
    sold = {"total_vendido": 1, "receita": "250.00", "pedidos": 1}
    assert told["nome"] == "Mochila de trilha São João"
    assert (told["preco_lista"], told["visualizacoes"]) == (None, 4)
    assert told["vendas"] == dict.fromkeys(("hoje", "ultimos_7_dias", "ultimos_30_dias"), sold)
    assert told["estoque"]["nivel_estoque"] == 0
    assert client.get("/produtos/p001-caneca-esmaltada").json()["preco_lista"] == "49.90"


@pytest.mark.parametrize(
    ("product", "today", "week"),
    [("p003-fone", 0, 5), ("p004-bone", 0, -1), ("p001-caneca-esmaltada", 2, 2)],
)
def test_sales_of_one_product(client: TestClient, product: str, today: int, week: int) -> None:
    told = client.get(f"/produtos/{product}").json()
    sold = [told["vendas"][name]["total_vendido"] for name in ("hoje", "ultimos_7_dias")]
    assert sold == [today, week]


def test_a_product_of_which_nothing_is_known(client: TestClient) -> None:
    assert client.get("/produtos/p999").status_code == 404


def test_a_product_of_which_nothing_is_known_waits_no_longer_than_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.05)
    memory, go_on = filled_memory(), Event()
    with TestClient(create_app(memory)) as client:
        assert client.portal is not None
        busy = client.portal.start_task_soon(memory.periods.run, Period(), lambda _: go_on.wait(10))
        during = client.get("/produtos/p999").status_code
        go_on.set()
        assert busy.result(10)
        wait_until(lambda: client.get("/produtos/p999").status_code == 404, "it is looked up")
    assert (during, caplog.messages) == (503, [])


def test_one_product_without_mongodb_has_no_views() -> None:
    memory = filled_memory()
    memory.figures.mongodb.confirmed_at = None
    with TestClient(create_app(memory)) as client:
        before = client.get("/produtos/p002-mochila").json()["visualizacoes"]
        memory.figures.mongodb.problem = "mongodb: gone"
        away = client.get("/produtos/p002-mochila").json()["degradado"]
        memory.figures.mongodb.confirmed_at = NOW
        after = client.get("/produtos/p002-mochila").json()["visualizacoes"]
    assert (before, away, after) == (None, ["mongodb"], 4)


def test_a_product_of_the_catalogue_alone_is_not_unknown_before_the_catalogue_was_read() -> None:
    memory = filled_memory()
    history, memory.figures.history = memory.figures.history, History()
    confirmed_at, memory.figures.history_store.confirmed_at = NOW, None
    memory.figures.columns.load([], [], since=TODAY.replace(day=1))
    memory.figures.stock = StockLevels()
    with TestClient(create_app(memory)) as client:
        before = client.get("/produtos/p001-caneca-esmaltada").status_code
        memory.figures.history = history
        memory.figures.history_store.confirmed_at = confirmed_at
        after = client.get("/produtos/p001-caneca-esmaltada").status_code
    assert (before, after) == (503, 200)


def test_a_product_older_than_memory_has_no_sales_of_the_month() -> None:
    memory = filled_memory()
    memory.figures.columns.load([[(TODAY, "p1", 1, "1.00", 1)]], [], since=TODAY.replace(day=1))
    with TestClient(create_app(memory)) as client:
        sales = client.get("/produtos/p1").json()["vendas"]
    assert (sales["ultimos_7_dias"]["total_vendido"], sales["ultimos_30_dias"]) == (1, None)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("cozinha", [(1, "Caneca esmaltada")]),
        ("Cozinha", [(1, "Caneca esmaltada")]),
        ("DECORAÇÃO", [(1, "Mochila de trilha São João")]),
        ("decorac\u0327a\u0303o", [(1, "Mochila de trilha São João")]),
        ("decoracao", []),
    ],
)
def test_best_sellers_of_a_category(
    client: TestClient, category: str, expected: list[tuple[int, str]]
) -> None:
    path = "/produtos/mais_vendidos"
    assert rows(client, path, "posicao", "nome", categoria=category) == expected
    everything = client.get(path).json()["total"]
    assert client.get(path, params={"categoria": category}).json()["total"] == everything


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(
            {},
            [
                ("decoração", 1, "p002-mochila"),
                ("cozinha", 1, "p010"),
                ("cozinha", 2, "p001-caneca-esmaltada"),
                (None, 1, "p003-fone"),
                (None, 2, "p004-bone"),
            ],
            id="the category with most revenue first, products without one last",
        ),
        pytest.param(
            {"limite": "1"},
            [("decoração", 1, "p002-mochila"), ("cozinha", 1, "p010"), (None, 1, "p003-fone")],
            id="so many of each",
        ),
        pytest.param({"categoria": "COZINHA", "limite": "1"}, [("cozinha", 1, "p010")], id="one"),
        pytest.param({"id_produto": "p003-fone"}, [(None, 1, "p003-fone")], id="one product"),
    ],
)
def test_best_sellers_of_each_category(
    query: dict[str, str], expected: list[tuple[Any, ...]]
) -> None:
    memory = filled_memory()
    memory.figures.columns.add([[("o10", "p010", TODAY, 3, "15.00")]], [])
    names = [[(key, p.nome, p.categoria) for key, p in CATALOGUE.items()]]
    names.append([("p010", "Colher", "cozinha")])
    tables = HistoryTables(memory.figures.columns.cursor())
    tables.replace({history_sql.CATALOGUE: names})
    with TestClient(create_app(memory)) as client:
        path, fields = "/produtos/mais_vendidos", ("categoria", "posicao", "id_produto")
        assert rows(client, path, *fields, agrupar="categoria", **query) == expected


def many_categories() -> Memory:
    """Of 15 categories, c01 with most revenue, 120 products each."""
    memory = filled_memory()
    products = [(c, n, f"p{c:02}-{n:03}") for c in range(1, 16) for n in range(120)]
    lines = [(f"o{c}", key, LONG_AGO, 2, f"{9000 - 100 * c - n}") for c, n, key in products]
    memory.figures.columns.add([lines], [])
    names = [(key, f"Produto {n}", f"c{c:02}") for c, n, key in products]
    tables = HistoryTables(memory.figures.columns.cursor())
    tables.replace({history_sql.CATALOGUE: [names]})
    return memory


@pytest.mark.parametrize(
    ("formato", "of_each"),
    [
        pytest.param("planilha", [100] * 15, id="a sheet has all"),
        pytest.param("csv", [67] * 10 + [66] * 5, id="an answer has fewer of each"),
    ],
)
def test_of_many_categories_none_is_left_out(formato: str, of_each: list[int]) -> None:
    asked = {"agrupar": "categoria", "limite": "100", "inicio": str(LONG_AGO), "fim": str(LONG_AGO)}
    with TestClient(create_app(many_categories())) as client:
        answer = client.get("/produtos/mais_vendidos", params=asked | {"formato": formato})
    separator = ";" if formato == "planilha" else ","
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    told = [
        (row["categoria"], int(row["posicao"]), row["id_produto"])
        for row in csv.DictReader(text, delimiter=separator)
    ]
    assert told == [
        (f"c{number:02}", place, f"p{number:02}-{place - 1:03}")
        for number, most in enumerate(of_each, start=1)
        for place in range(1, most + 1)
    ]


def test_a_product_that_the_catalogue_does_not_have_has_no_name(client: TestClient) -> None:
    fields = ("id_produto", "nome", "categoria")
    best = rows(client, "/produtos/mais_vendidos", *fields, limite="1")
    assert best == [("p003-fone", None, None)]


@pytest.mark.parametrize(
    ("periodo", "expected"),
    [
        ("hoje", "2025-05-14"),
        ("7d", "2025-05-08"),
        ("30d", "2025-04-15"),
        ("90d", "2025-02-14"),
        ("mes", "2025-05-01"),
        ("ano", "2025-01-01"),
    ],
)
def test_a_period_that_ends_today(periodo: PeriodoAteHoje, expected: str) -> None:
    assert str(first_day(periodo, TODAY)) == expected


def test_the_period_of_today_goes_on_at_midnight() -> None:
    memory, now = filled_memory(), [NOW]
    with TestClient(create_app(replace(memory, clock=lambda: now[0]))) as client:
        asked = {"periodo": "hoje"}
        before = [client.get("/vendas/resumo", params=asked).json()["total"] for _ in range(2)]
        now[0] += timedelta(days=1)
        after = client.get("/vendas/resumo", params=asked).json()["total"]
    assert [each["total_vendido"] for each in (*before, after)] == [3, 3, 0]


def test_new_names_show_in_every_answer_at_once() -> None:
    memory = filled_memory()
    paths = ("/estoque", "/estoque/alertas", "/produtos/p002-mochila", "/metricas/tempo_real")
    with TestClient(create_app(memory)) as client:
        before = [client.get(path).headers["etag"] for path in paths]
        new = Catalogue({"p002-mochila": Product("Mochila nova")})
        memory.figures.history = History(new, version=2)
        memory.publish()
        answers = [client.get(path) for path in paths]
    assert ["Mochila nova" in answer.text for answer in answers] == [True] * 4
    assert all(now.headers["etag"] != then for now, then in zip(answers, before, strict=True))


def test_before_history_was_read_sales_are_answered_already() -> None:
    memory = empty_memory()
    memory.figures.warehouse.confirmed_at = NOW
    with TestClient(create_app(memory)) as client:
        statuses = [client.get(path).status_code for path in ("/vendas/resumo", "/vendas/diarias")]
    assert statuses == [200, 503]
