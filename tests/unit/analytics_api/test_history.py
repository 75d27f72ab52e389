"""Past days, one product, and names, as the edge answers them from memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.support.analytics import NOW, TODAY, YESTERDAY, empty_memory, filled_memory

from analytics_api.app import create_app
from analytics_api.catalogue import Catalogue, Product
from analytics_api.history import History
from analytics_api.periods import PeriodoAteHoje, first_day

OLDER = TODAY - timedelta(days=2)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(filled_memory())) as client:
        yield client


def rows(client: TestClient, path: str, *fields: str, **query: str) -> list[tuple[Any, ...]]:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [tuple(item[field] for field in fields) for item in answer.json()["itens"]]


def test_a_past_day_is_the_aggregate_and_all_others_are_the_sales_in_memory(
    client: TestClient,
) -> None:
    fields = ("dia", "pedidos", "unidades", "receita", "clientes", "origem")
    assert rows(client, "/vendas/diarias", *fields) == [
        (str(OLDER), 0, -1, "-0.01", None, "ao_vivo"),
        (str(YESTERDAY), 9, 12, "1200.50", 7, "agregado"),
        (str(TODAY), 1, 3, "349.80", None, "ao_vivo"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"agrupar": "regiao"}, [("RJ", None, 4, "200.00"), ("SP", None, 8, "1000.50")]),
        ({"agrupar": "categoria"}, [(None, "Cozinha", 12, "1200.50")]),
        ({"agrupar": "regiao", "fim": str(OLDER)}, []),
        ({"inicio": str(TODAY)}, [(None, None, 3, "349.80")]),
        ({"fim": str(OLDER)}, [(None, None, -1, "-0.01")]),
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
        "−R$ 49,50 de vendas que só estão no fluxo.",
    }
    assert (units["arquivo"], units["diferenca"]) == (12, 0)
    assert client.get(f"/conciliacao/{TODAY}").status_code == 404


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


def test_a_product_older_than_memory_has_no_sales_of_the_month() -> None:
    memory = filled_memory()
    memory.figures.columns.load([[(TODAY, "p1", 1, "1.00", 1)]], [], since=TODAY.replace(day=1))
    with TestClient(create_app(memory)) as client:
        sales = client.get("/produtos/p1").json()["vendas"]
    assert (sales["ultimos_7_dias"]["total_vendido"], sales["ultimos_30_dias"]) == (1, None)


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Cozinha", [(1, "Caneca esmaltada")]),
        ("Esporte & lazer", [(1, "Mochila de trilha São João")]),
        ("cozinha", []),
    ],
)
def test_best_sellers_of_a_category(
    client: TestClient, category: str, expected: list[tuple[int, str]]
) -> None:
    path = "/produtos/mais_vendidos"
    assert rows(client, path, "posicao", "nome", categoria=category) == expected
    everything = client.get(path).json()["total"]
    assert client.get(path, params={"categoria": category}).json()["total"] == everything


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
