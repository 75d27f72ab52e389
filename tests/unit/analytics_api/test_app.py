from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import combinations_with_replacement
from operator import add
from threading import Event

import httpx
import pytest
from fastapi.testclient import TestClient
from tests.support.analytics import NOW, TODAY, empty_memory, filled_memory
from tests.support.waiting import wait_until

from analytics_api import waiting
from analytics_api.app import create_app
from analytics_api.customer import Customer, Page
from analytics_api.freshness import STANDS_STILL_AFTER
from analytics_api.period_cache import OLD_STANDS_FOR, PeriodCache
from analytics_api.periods import Period
from analytics_api.repeated_requests import RepeatedRequests
from analytics_api.sales_storage import OldFigures
from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from service_runtime.errors import TransientError

PROBLEM = "application/problem+json"
CANECA = {"nome": "Caneca esmaltada", "categoria": "cozinha"}
MOCHILA = {"nome": "Mochila de trilha São João", "categoria": "decoração"}
DATA_ROUTES = (
    "/vendas/resumo",
    "/vendas/diarias",
    "/vendas/diarias?agrupar=regiao",
    "/vendas/mensais",
    "/vendas/mensais?agrupar=regiao",
    "/conciliacao",
    "/conciliacao/2025-05-13",
    "/produtos/p001-caneca-esmaltada",
    "/produtos/mais_vendidos",
    "/metricas/tempo_real",
    "/metricas/regioes",
    "/metricas/funil",
    "/pipeline/conciliacao",
    "/pipeline/sondas",
    "/estoque",
    "/estoque/p001-caneca-esmaltada",
    "/estoque/alertas",
    "/qualidade",
)

EXTREME_DAYS = ("0001-01-01", "0001-01-02", "0001-03-31", "2025-01-01", "9998-12-31", "9999-12-31")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(filled_memory())) as client:
        yield client


def test_summary_is_an_envelope_with_money_as_text(client: TestClient) -> None:
    answer = client.get("/vendas/resumo", params={"limite": 1})
    assert answer.json() == {
        "itens": [
            {
                "id_produto": "p001-caneca-esmaltada",
                "total_vendido": 2,
                "receita": "99.80",
                "pedidos": 1,
                **CANECA,
            }
        ],
        "proximo_cursor": "cDAwMS1jYW5lY2EtZXNtYWx0YWRh",
        "total": {"total_vendido": 7, "receita": "1349.79", "pedidos": 2},
        "atualizado_em": "2025-05-15T02:30:28.000Z",
        "degradado": [],
    }


def test_ranking_by_period(client: TestClient) -> None:
    asked = {"inicio": TODAY.isoformat(), "fim": TODAY.isoformat()}
    items = client.get("/produtos/mais_vendidos", params=asked).json()["itens"]
    assert [(i["posicao"], i["id_produto"], i["total_vendido"]) for i in items] == [
        (1, "p001-caneca-esmaltada", 2),
        (2, "p002-mochila", 1),
    ]


def test_live_figures_of_the_day_of_the_shop(client: TestClient) -> None:
    live = client.get("/metricas/tempo_real").json()
    assert live["vendas_hoje"] == {
        "dia": "2025-05-14",
        "pedidos": 1,
        "unidades": 3,
        "receita": "349.80",
    }
    assert live["comparacao"] == {
        "ontem": {
            "dia": "2025-05-13",
            "ate": "2025-05-14T02:30:00Z",
            "pedidos": 1,
            "unidades": 5,
            "receita": "1000.00",
        },
        "semana_passada": None,
    }
    assert live["usuarios_ativos"] == 7
    assert len(live["vendas_por_minuto"]) == 60
    assert live["mais_vistos"] == [
        {
            "id_produto": "p002-mochila",
            "visualizacoes": 4,
            "posicao_anterior": 1,
            "movimento": "manteve",
            **MOCHILA,
        }
    ]
    assert live["frescor"]["vendas"]["idade_s"] == 2.0


def test_figures_per_state_and_segment(client: TestClient) -> None:
    assert client.get("/metricas/regioes").json() == {
        "estados": [
            {
                "estado": "SP",
                "regiao": "Sudeste",
                "pedidos": 2,
                "unidades": 5,
                "receita": "99.80",
                "visualizacoes": 7,
                "usuarios_ativos": 3,
            }
        ],
        "segmentos": [
            {
                "segmento": "fiel",
                "pedidos": 2,
                "unidades": 5,
                "receita": "99.80",
                "visualizacoes": 7,
                "usuarios_ativos": 3,
            }
        ],
        "aguardando": 4,
        "atualizado_em": "2025-05-15T02:30:30.000Z",
        "degradado": [],
    }


def test_the_funnel(client: TestClient) -> None:
    assert client.get("/metricas/funil").json() == {
        "desde": "2025-05-15T01:31:00.000Z",
        "contado_em": "2025-05-15T02:30:30.000Z",
        "clicaram": 9,
        "adicionaram": 5,
        "compraram": 2,
        "carrinhos_abandonados": {
            "carrinhos": 3,
            "clientes": 2,
            "com_preco": 1,
            "valor": "19.90",
        },
        "degradado": [],
    }


def test_the_ledgers_word(client: TestClient) -> None:
    found = client.get("/pipeline/conciliacao").json()
    assert found["exata"] is True
    stock, events = found["particoes"]
    assert (stock["topic"], stock["off_to"], stock["atraso"]) == (TOPIC_ESTOQUE, 7, 0)
    assert events == {
        "topic": TOPIC_EVENTOS,
        "partition": 0,
        "off_from": 0,
        "off_to": 10,
        "n_read": 9,
        "n_absent": 1,
        "n_written": 7,
        "n_duplicate": 1,
        "n_dead": 1,
        "fim_kafka": 13,
        "atraso": 3,
        "exata": True,
    }
    assert found["totais"] == {
        "n_read": 11,
        "n_absent": 1,
        "n_written": 9,
        "n_duplicate": 1,
        "n_dead": 1,
        "atraso": 3,
    }
    assert found["ultimo_commit"] == "2025-05-15T02:30:29.000Z"


def test_probes_that_came_out(client: TestClient) -> None:
    assert client.get("/pipeline/sondas").json() == {
        "sondas": [
            {
                "id_evento": "0b6f7f5e-55a5-4a3c-8a4b-4f5d5b5e5a5d",
                "enviada_em": "2025-05-15T02:30:26.500Z",
                "recebida_em": "2025-05-15T02:30:27.000Z",
                "gravada_em": "2025-05-15T02:30:28.000Z",
                "segundos": 1.5,
            }
        ],
        "degradado": [],
    }


def test_the_stock_of_a_product_and_how_long_it_lasts(client: TestClient) -> None:
    def level(location: str, units: int) -> dict[str, object]:
        return {
            "id_armazem": location,
            "nivel_estoque": units,
            "ultima_atualizacao": "2025-05-15T01:30:28.000Z",
            "recebido_em": "2025-05-15T02:30:28.000Z",
            "armazem_recebido_em": "2025-05-15T02:30:28.000Z",
        }

    found = client.get("/estoque/p001-caneca-esmaltada").json()
    assert found.pop("vendas_perdidas", "missing") != "missing"
    assert found == {
        "id_produto": "p001-caneca-esmaltada",
        **CANECA,
        "nivel_estoque": 48,
        "ritmo_por_hora": 2.0,
        "dias_cobertura": 1.0,
        "esgota_em": "2025-05-16T02:30:00.000Z",
        "armazens": [level("cd-sudeste", 30), level("loja", 18)],
        "atualizado_em": "2025-05-15T02:30:29.000Z",
        "degradado": [],
    }


def test_lost_sales_are_told_once_they_are_read() -> None:
    with TestClient(create_app(filled_memory())) as client:

        def lost() -> dict[str, object] | None:
            found: dict[str, object] | None = client.get("/estoque/p002-mochila").json()[
                "vendas_perdidas"
            ]
            return found

        assert lost() is None
        wait_until(lambda: lost() is not None, "the estimate was read")
        assert lost() == {
            "desde": "2025-05-08T02:30:30.000Z",
            "ate": "2025-05-15T02:30:30.000Z",
            "segundos_esgotado": 0,
            "cliques": 0,
            "carrinhos": 0,
            "unidades": 0.0,
            "receita": "0.00",
        }


def test_the_stock_page_by_page(client: TestClient) -> None:
    first = client.get("/estoque", params={"limite": 1})
    assert [item["id_produto"] for item in first.json()["itens"]] == ["p001-caneca-esmaltada"]
    assert [
        (place["id_armazem"], place["produtos"], place["unidades"])
        for place in first.json()["armazens"]
    ] == [("cd-sudeste", 1, 30), ("loja", 2, 18)]
    rest = client.get("/estoque" + first.links["next"]["url"])
    (sold_out,) = rest.json()["itens"]
    assert (sold_out["nivel_estoque"], sold_out["dias_cobertura"]) == (0, 0.0)
    assert (rest.json()["proximo_cursor"], "link" in rest.headers) == (None, False)


def test_alerts_on_stock(client: TestClient) -> None:
    assert client.get("/estoque/alertas").json() == {
        "avaliado_em": "2025-05-15T02:30:28.000Z",
        "abertos": [
            {
                "id_alerta": "p002-mochila@20250515T013000.000000",
                "id_produto": "p002-mochila",
                **MOCHILA,
                "motivo": "esgotado",
                "aberto_em": "2025-05-15T01:30:30.000Z",
                "fechado_em": None,
                "nivel_estoque": 0,
                "dias_cobertura": 0.0,
                "esgota_em": None,
            }
        ],
        "encerrados": [],
        "degradado": [],
    }


def test_the_quality_of_the_data(client: TestClient) -> None:
    assert client.get("/qualidade").json() == {
        "id_execucao": "2025-05-13/2025-05-13@20250515T010030.000000Z",
        "executada_em": "2025-05-15T01:00:30.000Z",
        "totais": {"aprovadas": 61, "alertas": 0, "reprovadas": 1, "bloqueios": 1},
        "resultados": [
            {
                "tabela": "vendas",
                "verificacao": "vendas_com_cliente",
                "dia": "2025-05-13",
                "valor": "0.0625",
                "limite": "no máximo 0,05",
                "veredito": "reprovada",
                "bloqueante": True,
                "detalhe": "Quase toda venda diz quem comprou. 1 de 16 linhas.",
            }
        ],
        "degradado": [],
    }


def test_the_last_quality_stands_while_the_warehouse_is_away() -> None:
    memory = filled_memory()
    with TestClient(create_app(memory)) as client:
        before = client.get("/qualidade").json()
        memory.figures.quality_store.problem = "warehouse: gone"
        assert client.get("/qualidade").json() == {**before, "degradado": ["warehouse"]}


def test_before_the_first_run_there_is_no_quality() -> None:
    memory = empty_memory()
    memory.figures.quality_store.confirmed_at = NOW
    with TestClient(create_app(memory)) as client:
        found = client.get("/qualidade").json()
    assert (found["id_execucao"], found["executada_em"], found["resultados"]) == (None, None, [])
    assert set(found["totais"].values()) == {0}


@pytest.mark.parametrize(
    ("days", "products"),
    [
        ("0", ["p002-mochila"]),
        ("0.9", ["p002-mochila"]),
        ("1", ["p001-caneca-esmaltada", "p002-mochila"]),
    ],
)
def test_only_what_is_sold_out_soon(client: TestClient, days: str, products: list[str]) -> None:
    answer = client.get("/estoque", params={"dias_ate": days})
    assert [item["id_produto"] for item in answer.json()["itens"]] == products


@pytest.mark.parametrize("product", ["p001-caneca-esmaltada", "p002-mochila", "p003-fone"])
def test_the_stock_of_one_product_in_the_list(client: TestClient, product: str) -> None:
    found = client.get("/estoque", params={"id_produto": product}).json()
    assert [item["id_produto"] for item in found["itens"]] == [product] * (product != "p003-fone")


@pytest.mark.parametrize(("product", "status"), [("p003-fone", 404), ("x" * 129, 422)])
def test_stock_that_nobody_reported(client: TestClient, product: str, status: int) -> None:
    assert client.get(f"/estoque/{product}").status_code == status


def test_a_new_probe_shows_with_the_ledger_that_holds_it() -> None:
    memory = filled_memory()
    with TestClient(create_app(memory)) as client:
        before = client.get("/pipeline/sondas")
        (probe,) = memory.figures.probes
        memory.figures.put_ledger(dict(memory.figures.ledger or {}), now=NOW)
        memory.figures.probes = [probe.model_copy(update={"id_evento": "new"}), probe]
        after = client.get("/pipeline/sondas")
    assert [p["id_evento"] for p in after.json()["sondas"]] == ["new", probe.id_evento]
    assert after.headers["etag"] != before.headers["etag"]


def test_a_customer_page_by_page(client: TestClient) -> None:
    first = client.get("/usuarios/ana/atividade", params={"limite": 2})
    told = first.json()
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["link"].endswith(f'cursor={told["proximo_cursor"]}>; rel="next"')
    assert (told["cliques"], told["receita"]) == (3, "0.00")
    assert told["primeira_atividade"] == "2025-05-15T02:30:30.000Z"
    assert [event["id_evento"] for event in told["eventos"]] == ["e2", "e1"]
    last = client.get("/usuarios/ana/atividade", params={"cursor": told["proximo_cursor"]}).json()
    assert [event["id_evento"] for event in last["eventos"]] == ["e0"]
    assert last["proximo_cursor"] is None
    assert last["sessoes"] == told["sessoes"]


def test_a_customer_who_did_nothing_new_is_not_sent_again(client: TestClient) -> None:
    etag = client.get("/usuarios/ana/atividade").headers["etag"]
    again = client.get("/usuarios/ana/atividade", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_customer_of_whom_nothing_is_known(client: TestClient) -> None:
    answer = client.get("/usuarios/a/b@c.example/atividade")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["detail"] == "nothing is known of this customer"


@pytest.mark.parametrize("cursor", ["bm8", "MDE6YQ", "OTk5OTk5OTk5OTk5OTk5OTk6YQ"])
def test_a_made_up_cursor_of_events_is_refused(client: TestClient, cursor: str) -> None:
    answer = client.get("/usuarios/ana/atividade", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["erros"][0]["campo"]) == (422, "cursor")


def test_customers_are_told_to_come_again_while_mongodb_is_away() -> None:
    async def away(_id_usuario: str, _page: Page) -> Customer | None:
        raise TransientError("mongodb: no answer from 10.0.0.1")

    with TestClient(create_app(empty_memory(read_customer=away))) as client:
        answer = client.get("/usuarios/ana/atividade")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == PROBLEM
    assert "10.0.0.1" not in answer.text


@pytest.mark.parametrize("route", DATA_ROUTES)
def test_a_client_that_has_it_is_told_so(client: TestClient, route: str) -> None:
    wait_until(lambda: b'perdidas":null' not in client.get(route).content, "it was all read")
    first = client.get(route)
    assert first.headers["age"] == "1"
    again = client.get(route, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        pytest.param("/vendas/resumo?limite=0", {"limite"}, id="too few"),
        pytest.param("/vendas/resumo?limite=1001", {"limite"}, id="too many"),
        pytest.param("/vendas/diarias?limite=1001", {"limite"}, id="too many days"),
        pytest.param("/vendas/mensais?limite=1001", {"limite"}, id="too many months"),
        pytest.param("/vendas/resumo?limite=x", {"limite"}, id="not a number"),
        pytest.param("/vendas/resumo?limite=1.0", {"limite"}, id="not whole"),
        pytest.param("/vendas/resumo?cursor=!", {"cursor"}, id="not a cursor"),
        pytest.param("/vendas/resumo?inicio=14/05/2025", {"inicio"}, id="not ISO"),
        pytest.param("/vendas/resumo?inicio=0", {"inicio"}, id="a timestamp is no date"),
        pytest.param("/vendas/resumo?fim=2025-02-30", {"fim"}, id="no such day"),
        pytest.param("/vendas/resumo?inicio=2025-05-15&fim=2025-05-14", {None}, id="backwards"),
        pytest.param("/vendas/resumo?id_produto=", {"id_produto"}, id="empty"),
        pytest.param("/vendas/resumo?produto=p1", {"produto"}, id="unknown name"),
        pytest.param("/produtos/mais_vendidos?cursor=cDE", {"cursor"}, id="a ranking has none"),
        pytest.param("/produtos/mais_vendidos?periodo=8d", {"periodo"}, id="no such period"),
        pytest.param(
            "/vendas/resumo?periodo=7d&fim=2025-05-14", {None}, id="a period in place of days"
        ),
        pytest.param("/vendas/resumo?categoria=a", {"categoria"}, id="for best sellers alone"),
        pytest.param("/vendas/diarias?agrupar=mes", {"agrupar"}, id="no such group"),
        pytest.param("/vendas/diarias?cursor=cDE", {"cursor"}, id="a cursor of another list"),
        pytest.param("/vendas/mensais?agrupar=dia", {"agrupar"}, id="months are not grouped"),
        pytest.param("/conciliacao/13-05-2025", {"data"}, id="not an ISO day"),
        pytest.param("/produtos/p1?x=1", {"x"}, id="one product takes nothing"),
        pytest.param("/metricas/tempo_real?x=1", {"x"}, id="takes nothing"),
        pytest.param("/metricas/tempo_real/stream?x=1", {"x"}, id="nor does the stream"),
        pytest.param("/metricas/regioes?x=1", {"x"}, id="nor the states"),
        pytest.param("/metricas/funil?x=1", {"x"}, id="nor the funnel"),
        pytest.param("/pipeline/conciliacao?x=1", {"x"}, id="nor the ledger"),
        pytest.param("/pipeline/sondas?x=1", {"x"}, id="nor the probes"),
        pytest.param("/vendas/resumo?limite=x&a=1", {"limite", "a"}, id="all at once"),
        pytest.param("/vendas/resumo?limite=1&limite=1", {"limite"}, id="twice"),
        pytest.param("/vendas/resumo?fim=2025-05-14&%66im=", {"fim"}, id="twice, escaped"),
        pytest.param("/readyz?x=1&x=2", {"x"}, id="twice where nothing is taken"),
    ],
)
def test_bad_parameters(client: TestClient, url: str, fields: set[str | None]) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert answer.json()["status"] == 422
    assert {error["campo"] for error in answer.json()["erros"]} == fields


@pytest.mark.parametrize("route", ["/vendas/resumo", "/produtos/mais_vendidos"])
@pytest.mark.parametrize(("inicio", "fim"), list(combinations_with_replacement(EXTREME_DAYS, 2)))
def test_any_day_of_the_calendar_may_be_asked_for(
    client: TestClient, route: str, inicio: str, fim: str
) -> None:
    found = client.get(route, params={"inicio": inicio, "fim": fim}).json()
    holds = inicio <= TODAY.isoformat() <= fim
    assert found["total"]["total_vendido"] == (7 if holds else 0)


@pytest.mark.parametrize("route", [*DATA_ROUTES, "/healthz", "/"])
def test_what_trackers_add_is_ignored(client: TestClient, route: str) -> None:
    wait_until(lambda: b'perdidas":null' not in client.get(route).content, "it was all read")
    plain = client.get(route)
    mark = "&" if "?" in route else "?"
    tracked = client.get(f"{route}{mark}utm_source=a&utm_source=b&fbclid=x&_=17")
    assert (tracked.status_code, tracked.content) == (200, plain.content)


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [("GET", "/nada", 404), ("GET", "/static/../main.py", 404), ("POST", "/vendas/resumo", 405)],
)
def test_what_is_not_there(client: TestClient, method: str, url: str, status: int) -> None:
    answer = client.request(method, url)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


@pytest.mark.parametrize("route", [*DATA_ROUTES, "/metricas/tempo_real/stream", "/readyz"])
def test_before_the_first_load_there_is_no_answer(route: str) -> None:
    with TestClient(create_app(empty_memory())) as client:
        answer = client.get(route)
        assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
        assert answer.headers["retry-after"] == "1"
        assert client.get("/healthz").status_code == 200


def test_a_store_that_is_away_is_named_and_the_last_answer_stands() -> None:
    memory = filled_memory()
    with TestClient(create_app(memory)) as client:
        before = client.get("/vendas/resumo")
        memory.figures.warehouse.problem = "warehouse: gone"
        after = client.get("/vendas/resumo")
        live = client.get("/readyz")
    assert after.json() == before.json() | {"degradado": ["warehouse"]}
    assert after.headers["etag"] != before.headers["etag"]
    assert live.status_code == 200


def test_an_old_period_is_as_old_as_its_last_read() -> None:
    memory = filled_memory()
    figures = memory.figures
    figures.columns.load([], [], since=TODAY.replace(day=1))
    later = NOW + timedelta(seconds=60)
    figures.warehouse.confirmed_at = later
    asked = {"fim": str(TODAY - timedelta(days=90))}
    with TestClient(create_app(replace(memory, clock=lambda: later))) as client:
        ages = [client.get("/vendas/resumo", params=asked).headers["age"]]
        figures.columns.add([[("o9", "p9", TODAY, 1, "5.00")]], [])
        ages.append(client.get("/vendas/resumo", params=asked).headers["age"])
    assert ages == ["0", "60"]


def test_while_an_answer_takes_its_time_the_last_one_is_given_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = filled_memory()
    later, go_on = NOW + timedelta(seconds=60), Event()
    with TestClient(create_app(replace(memory, clock=lambda: later))) as client:
        before = client.get("/vendas/resumo")
        monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.05)
        assert client.portal is not None
        busy = client.portal.start_task_soon(memory.periods.run, Period(), lambda _: go_on.wait(10))
        memory.figures.columns.add([[("o9", "p9", TODAY, 1, "5.00")]], [])
        memory.figures.warehouse.confirmed_at = later
        during = client.get("/vendas/resumo")
        asked = {"If-None-Match": before.headers["etag"]}
        unchanged = client.get("/vendas/resumo", headers=asked)
        unknown = client.get("/vendas/resumo", params={"limite": 1})
        go_on.set()
        assert busy.result(10)
        wait_until(lambda: b'"p9"' in client.get("/vendas/resumo").content, "the newest is told")
        after = client.get("/vendas/resumo")
    assert (during.content, during.headers) == (before.content, before.headers)
    assert (unchanged.status_code, unchanged.headers["age"]) == (304, "61")
    assert unknown.status_code == 503
    assert (during.headers["age"], after.headers["age"]) == ("61", "0")


def test_while_the_report_of_a_product_takes_its_time_the_last_one_has_its_own_age(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, url = filled_memory(), "/produtos/p002-mochila"
    later, go_on = NOW + timedelta(seconds=20), Event()
    with TestClient(create_app(replace(memory, clock=lambda: later))) as client:
        before = client.get(url)
        monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.05)
        assert client.portal is not None
        busy = client.portal.start_task_soon(memory.periods.run, Period(), lambda _: go_on.wait(10))
        memory.figures.sales_version += 1
        for store in (memory.figures.warehouse, memory.figures.history_store):
            store.confirmed_at = memory.figures.mongodb.confirmed_at = later
        during = client.get(url)
        go_on.set()
        assert busy.result(10)
        wait_until(lambda: client.get(url).headers["age"] == "0", "the newest is told")
    assert (during.content, during.headers) == (before.content, before.headers)
    assert during.headers["age"] == "21"


def test_an_old_period_whose_rows_are_no_longer_kept_has_its_last_answer() -> None:
    is_away = False

    def read_old(_first: date, _last: date) -> OldFigures:
        if is_away:
            raise TransientError("warehouse: away")
        return OldFigures([("", 5, "5.00", 1), ("p1", 5, "5.00", 1)], NOW)

    memory = filled_memory(read_old=read_old)
    memory.figures.columns.load([], [], since=TODAY.replace(day=1))
    later = NOW + timedelta(seconds=60)
    memory.figures.warehouse.confirmed_at = NOW
    with TestClient(create_app(replace(memory, clock=lambda: later))) as client:

        def ask(ago: int) -> httpx.Response:
            return client.get("/vendas/resumo", params={"fim": str(TODAY - timedelta(days=ago))})

        answers = [ask(ago) for ago in range(90, 110)]
        memory.figures.warehouse.confirmed_at = later
        is_away = True
        last, unknown = ask(90), ask(200)
    assert answers[0].json()["total"]["total_vendido"] == 5
    assert (last.content, last.headers) == (answers[0].content, answers[0].headers)
    assert (last.headers["age"], unknown.status_code) == ("60", 503)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"periodo": "ano"}, id="a period that ends today"),
        pytest.param({"inicio": "2025-01-01"}, id="since a day"),
    ],
)
@pytest.mark.parametrize(
    "leaves_memory_later",
    [
        pytest.param(False, id="older than memory"),
        pytest.param(True, id="that leaves memory meanwhile"),
    ],
)
def test_an_old_period_is_read_again_though_it_was_just_asked_for(
    asked: dict[str, str], leaves_memory_later: bool
) -> None:
    def read_old(_first: date, _last: date) -> OldFigures:
        reads.append(TODAY)
        return OldFigures([("", len(reads), "5.00", 1)], NOW)

    reads, now = list[date](), [NOW]
    memory = filled_memory()
    columns = memory.figures.columns
    periods = PeriodCache(columns, read_old, clock=lambda: now[0], retry_seconds=5)
    with TestClient(create_app(replace(memory, periods=periods))) as client:

        def told() -> int:
            answer = client.get("/vendas/resumo", params=asked)
            units: int = answer.json()["total"]["total_vendido"]
            return units

        if leaves_memory_later:
            assert told() == 7
        columns.load([], [], since=TODAY.replace(day=1))
        assert (told(), told()) == (1, 1)
        columns.add([[("o9", "p9", TODAY, 1, "5.00")]], [])
        now[0] += OLD_STANDS_FOR
        wait_until(lambda: told() == 2, "it was read again", seconds=10)


def test_while_kafka_is_away_the_lag_is_unknown() -> None:
    memory = filled_memory()
    memory.figures.kafka.problem = "kafka: gone"
    with TestClient(create_app(memory)) as client:
        found = client.get("/pipeline/conciliacao").json()
    assert (found["totais"]["atraso"], found["particoes"][0]["atraso"]) == (None, None)
    assert found["degradado"] == ["kafka"]


def test_a_pipeline_that_stands_still_is_named_though_every_store_answers() -> None:
    memory = filled_memory()
    moments = iter([STANDS_STILL_AFTER - timedelta(seconds=1), STANDS_STILL_AFTER])
    for expected in ([], ["fluxo"]):
        later = replace(
            memory, clock=partial(add, NOW, next(moments)), repeated_requests=RepeatedRequests()
        )
        later.publish()
        with TestClient(create_app(later)) as client:
            for route in DATA_ROUTES:
                assert client.get(route).json()["degradado"] == expected


@pytest.mark.parametrize("store", ["warehouse", "kafka"])
def test_of_what_cannot_be_known_nothing_is_said(store: str) -> None:
    figures = filled_memory().figures
    getattr(figures, store).problem = "gone"
    assert figures.degraded(NOW + 2 * STANDS_STILL_AFTER) == [store]


def test_a_pipeline_that_goes_on_is_no_longer_named() -> None:
    figures = filled_memory().figures
    still = NOW + 2 * STANDS_STILL_AFTER
    assert figures.degraded(still) == ["fluxo"]
    ledger = dict(figures.ledger or {})
    ledger[TOPIC_EVENTOS, 0] = replace(ledger[TOPIC_EVENTOS, 0], off_to=12)
    figures.put_ledger(ledger, now=still)
    assert figures.degraded(still) == []


@pytest.mark.parametrize(("topic", "age"), [(TOPIC_ESTOQUE, 0.0), (TOPIC_EVENTOS, 60.0)])
def test_only_events_that_go_on_make_resting_metrics_old(topic: str, age: float) -> None:
    figures = filled_memory().figures
    later = NOW + timedelta(seconds=60)
    figures.mongodb.confirmed_at = later
    ledger = dict(figures.ledger or {})
    ledger[topic, 0] = replace(ledger[topic, 0], off_to=11)
    figures.put_ledger(ledger, now=later)
    assert figures.live(later).frescor.metricas.idade_s == age


def test_a_location_is_silent_by_what_kafka_held_and_not_while_the_stream_lags() -> None:
    figures = filled_memory().figures
    later = NOW + timedelta(hours=1)
    assert figures.live(later).estoque.armazens_silenciosos == []
    figures.put_ends({(TOPIC_EVENTOS, 0): 10, (TOPIC_ESTOQUE, 0): 11}, asked_at=later)
    assert figures.live(later).estoque.armazens_silenciosos == []
    ledger = dict(figures.ledger or {})
    ledger[TOPIC_ESTOQUE, 0] = replace(ledger[TOPIC_ESTOQUE, 0], off_to=11)
    figures.put_ledger(ledger, now=later)
    silent = figures.live(later).estoque.armazens_silenciosos
    assert [each.id_armazem for each in silent] == ["cd-sudeste", "loja"]


def test_freshness_of_sales_is_that_of_events_alone() -> None:
    figures = filled_memory().figures
    later = NOW + timedelta(seconds=5)
    figures.put_ends({(TOPIC_EVENTOS, 0): 10, (TOPIC_ESTOQUE, 0): 9}, asked_at=later)
    assert figures.live(later).frescor.vendas.idade_s == 0.0
    assert figures.reconciliation(later).frescor.idade_s == 6.0


@pytest.mark.parametrize("path", ["/", "/docs", "/static/js/app.js", "/vendas/resumo", "/nada"])
def test_nothing_inline_and_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_files_are_small_on_the_wire_and_come_with_their_licence(client: TestClient) -> None:
    script = "/static/vendor/echarts/echarts-6.1.0.common.min.js"
    packed = client.get(script, headers={"Accept-Encoding": "gzip"})
    plain = client.get(script, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert b"Apache License" in plain.content[:800]
    assert packed.headers["etag"] != plain.headers["etag"]
    assert client.get("/static/vendor/echarts/LICENSE").status_code == 200
    again = client.get(script, headers={"If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304


def test_a_stream_that_is_closed_ends_and_was_told_of_as_one() -> None:
    memory = filled_memory()
    memory.broadcast.close()
    with TestClient(create_app(memory)) as client:
        ended = client.get("/metricas/tempo_real/stream")
    assert (ended.status_code, ended.content) == (200, b"")
    assert ended.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert ended.headers["x-accel-buffering"] == "no"
