"""The history tab of the page in a real browser before the real API."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.support.axe import axe_source, violations
from tests.support.browser import chromium
from tests.support.opened_page import OVERFLOWING, SOON, Opened
from tests.support.shop import API, Sale, Shop, active_document, running_shop, wait_for
from tests.support.transfer import Transfer

from event_contracts.states import STATES, UNKNOWN

MUG = "p001-caneca-esmaltada"
STATES_SOLD = ["SP", "RJ", "MG", "BA", "RS", "AM", "CE", UNKNOWN]
CATEGORIES = ["cozinha", "decoração & lar", "eletrônicos"]
TRANSFER_BYTES = 400_000
Document = dict[str, Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """With a history."""
    assert browser.is_connected()
    with running_shop(tmp_path_factory.mktemp("history-page")) as shop:
        sell_once(shop)
        give_history(shop)
        yield shop


@pytest.fixture
def empty(shop: Shop) -> Iterator[Shop]:
    """A shop that sold once and never loaded a file; in the end it has its history again."""
    shop.empty()
    sell_once(shop)
    yield shop
    give_history(shop)


def sell_once(shop: Shop) -> None:
    shop.commit(Sale("o1", MUG, 2, "10.00"))
    shop.put_metrics(active_document(datetime.now(UTC), 1))
    wait_for(lambda: bool(shop.items("/vendas/mensais")), "the API knows the sale")
    wait_for(lambda: shop.get("/qualidade").status_code == 200, "quality was read")


def give_history(shop: Shop) -> None:
    """The API starts anew, since it looks for quality once a minute."""
    shop.platform.stop(API)
    fill(shop, today_of())
    shop.platform.start_part(API)
    wait_for(lambda: bool(shop.items("/conciliacao")), "the API knows the history")
    wait_for(lambda: shop.get("/qualidade").json()["resultados"] != [], "and the quality")


def today_of() -> date:
    """The day of the shop, whose clock is three hours behind."""
    return (datetime.now(UTC) - timedelta(hours=3)).date()


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def fill(shop: Shop, today: date) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    months = [months_before(today, n) for n in range(14)]
    monthly = [(m, 10 + n, 20 + n, f"{1234567 + n}.89", 5) for n, m in enumerate(months) if n]
    cells = [
        (m, state, "cozinha", 1, n + 1, f"{1000 * (n + 1)}.10", 1)
        for m in months[1:7]
        for n, state in enumerate(STATES_SOLD)
    ]
    sold = [Sale(f"c{n}", f"p{n:03}", 1 + n, "19.90") for n in range(9)]
    shop.commit(*sold)
    names = [(f"p{n:03}", f"Produto número {n}", CATEGORIES[n % 3], None, now, 1) for n in range(9)]
    shop.load(
        receita_mensal=monthly,
        vendas_diarias=cells,
        produtos=names,
        conciliacao_diaria=reconciled(today - timedelta(days=2), now, "0.00")
        + reconciled(today - timedelta(days=1), now, "200.50"),
        resultados_qualidade=results(today - timedelta(days=1), now),
    )
    shop.put_metrics(active_document(datetime.now(UTC), 1))


def reconciled(day: date, now: datetime, more: str) -> list[tuple[Any, ...]]:
    total = Decimal(1000) + Decimal(more)
    zero = [0] * 3
    return [
        (day, "receita", "1000.00", total, more, more, *zero, now, "980.10", "990.20", 1380, 1440),
        (day, "unidades", 12, 12, 0, 0, *zero, now, 11, 11, 1380, 1440),
        (day, "pedidos", 5, 5, 0, 0, *zero, now, None, None, 0, 1440),
    ]


def results(day: date, now: datetime) -> list[tuple[Any, ...]]:
    def one(name: str, value: str, verdict: str, blocking: bool, told: str) -> tuple[Any, ...]:
        row = (f"{day}/{day}@x", "vendas", name, day, value, "no máximo 0,05")
        return (*row, verdict, blocking, told, now)

    return [
        one("ok_1", "0.0000", "aprovada", True, "Toda venda tem pedido e produto. 0 linhas."),
        one("ok_2", "0.0000", "aprovada", False, "Nenhum evento virou duas linhas. 0 linhas."),
        one("quase", "0.0300", "alerta", False, "Quase todo produto está no cadastro. 3 linhas."),
        one("ruim", "0.0625", "reprovada", True, "Quase toda venda diz quem comprou. 1 de 16."),
    ]


def open_history(browser: Browser, shop: Shop, **context: Any) -> Opened:
    """The page with the history tab shown, opened as a shopkeeper does."""
    page = browser.new_context(
        locale="pt-BR", timezone_id="America/Sao_Paulo", **context
    ).new_page()
    opened = Opened(page, shop.url)
    page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#historico-tudo")).to_be_visible(timeout=SOON)
    return opened


@pytest.fixture
def opened(browser: Browser, shop: Shop) -> Iterator[Opened]:
    opened = open_history(browser, shop)
    yield opened
    opened.page.context.close()


def test_without_a_file_the_tab_says_what_to_do(browser: Browser, empty: Shop) -> None:
    opened = open_history(browser, empty)
    page = opened.page
    expect(page.locator("#sem-arquivos")).to_contain_text("Nenhum arquivo carregado ainda.")
    expect(page.locator("#sem-arquivos")).to_contain_text("vitrine run batch-etl importar")
    assert page.locator("#meses tbody td").last.get_attribute("data-valor") == "20.00"
    expect(page.locator("#sem-regioes")).to_be_visible()
    expect(page.locator("#regioes")).to_be_hidden()
    expect(page.locator("#dia-conciliado")).to_contain_text("Nenhum dia foi conciliado ainda")
    expect(page.locator("#verificado")).to_contain_text("ainda não foram verificados")
    expect(page.locator("#vereditos")).to_be_hidden()
    expect(page.locator("#grafico-meses canvas")).to_have_count(1, timeout=SOON)
    assert violations(page, axe_source()) == []
    assert opened.complaints == []
    page.context.close()


def test_months_are_the_apis(opened: Opened, shop: Shop) -> None:
    page, since = opened.page, months_before(today_of(), 12)
    told = shop.items("/vendas/mensais", inicio=str(since))
    rows = page.locator("#meses tbody tr")
    expect(rows).to_have_count(13)
    shown = [(r.get_attribute("data-mes"), r.locator("td").last) for r in rows.all()]
    assert [(month, cell.get_attribute("data-valor")) for month, cell in shown] == [
        (item["mes"], item["receita"]) for item in reversed(told)
    ]
    assert rows.first.locator("th").inner_text().endswith(f"/{today_of().year}")
    assert shown[1][1].inner_text() == "R$\u00a01.234.568,89"
    expect(page.locator("#grafico-meses canvas")).to_have_count(1, timeout=SOON)
    best = page.locator("#grafico-meses").get_attribute("aria-label") or ""
    assert "R$\u00a01.234.579,89" in best
    expect(page.locator("#carregado")).to_contain_text("últimos 13 meses · arquivos de ")
    assert opened.complaints == []


def test_regions_are_the_sums_of_the_apis(opened: Opened, shop: Shop) -> None:
    page, since = opened.page, months_before(today_of(), 5)
    sums: dict[str, Decimal] = {}
    for item in shop.items("/vendas/mensais", agrupar="regiao", inicio=str(since)):
        sums[item["regiao"]] = sums.get(item["regiao"], Decimal(0)) + Decimal(item["receita"])
    best = sorted(sums, key=lambda state: -sums[state])
    rows = page.locator("#regioes li")
    expect(rows).to_have_count(6)
    shown = [
        (row.locator(".nome").inner_text(), row.locator(".quanto").get_attribute("data-valor"))
        for row in rows.all()
    ]
    others = sum(sums[state] for state in best[5:])
    names = [STATES.get(state, "sem estado") for state in best[:5]]
    expected = [(name, str(sums[state])) for name, state in zip(names, best[:5], strict=True)]
    assert shown == [*expected, ("os outros 3", str(others))]
    assert names[0] == "sem estado"
    expect(page.locator("#grafico-regioes canvas")).to_have_count(1, timeout=SOON)
    assert opened.complaints == []


def test_every_state_has_the_name_that_the_contracts_give_it(modules: Page) -> None:
    names = modules.evaluate("async () => (await import('/static/js/states.js')).STATES")
    assert names == STATES


def test_best_sellers_of_each_category_are_the_apis(opened: Opened, shop: Shop) -> None:
    page = opened.page
    asked = {"agrupar": "categoria", "periodo": "30d", "limite": "5"}
    told = shop.get("/produtos/mais_vendidos", **asked).json()["itens"]
    shown = [
        (category.get_attribute("data-categoria"), row.get_attribute("data-produto"), units)
        for category in page.locator("#categorias > li").all()
        for row in category.locator("li").all()
        for units in [row.locator(".quanto").get_attribute("data-valor")]
    ]
    assert shown == [
        (item["categoria"] or "sem categoria", item["id_produto"], str(item["total_vendido"]))
        for item in told
    ]
    assert len(told) == 10
    page.locator("#categorias .produto").first.click()
    expect(page.locator("#gaveta h2")).to_have_text("Produto número 8")
    page.keyboard.press("Escape")
    with page.expect_response(lambda answer: "periodo=7d&limite=5" in answer.url):
        page.get_by_label("Período dos mais vendidos").select_option("7d")
    assert "periodo=7d" in (page.locator("#baixar-vendidos").get_attribute("href") or "")
    assert opened.complaints == []


def test_a_late_answer_of_another_period_is_not_shown(opened: Opened) -> None:
    page, held = opened.page, list[Route]()
    page.route("**/produtos/mais_vendidos?*periodo=30d*", lambda route: held.append(route))
    page.get_by_role("tab", name="Agora").click()
    with page.expect_request(lambda request: "periodo=30d&limite=5" in request.url):
        page.get_by_role("tab", name="Histórico").click()
    with page.expect_response(lambda answer: "periodo=7d&limite=5" in answer.url):
        page.get_by_label("Período dos mais vendidos").select_option("7d")
    page.locator("#carregado").evaluate("(e) => { e.textContent = '' }")
    held[0].fulfill(json={"itens": []})
    expect(page.locator("#carregado")).to_contain_text("últimos 13 meses")
    expect(page.locator("#sem-vendidos")).to_be_hidden()
    expect(page.locator("#categorias > li")).to_have_count(4)


def test_the_file_is_of_the_period_that_the_browser_restored(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(locale="pt-BR")
    page = Opened(context.new_page(), shop.url).page
    page.locator("#periodo").evaluate("(e) => { e.value = '90d' }")
    page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#historico-tudo")).to_be_visible(timeout=SOON)
    expect(page.locator("#baixar-vendidos")).to_have_attribute("href", re.compile("periodo=90d"))
    context.close()


def test_yesterday_reconciled_with_its_explanation(opened: Opened, shop: Shop) -> None:
    page, yesterday = opened.page, today_of() - timedelta(days=1)
    told = shop.get(f"/conciliacao/{yesterday}").json()["figuras"]
    rows = page.locator("#conciliacao li")
    expect(page.locator("#dia-conciliado")).to_contain_text("ontem, ")
    assert [
        (row.get_attribute("data-figura"), row.locator(".quanto").get_attribute("data-valor"))
        for row in rows.all()
    ] == [(figure["figura"], str(figure["diferenca"])) for figure in told]
    first = rows.first.inner_text().split("\n")
    assert first == [
        "Receita",
        "+R$\u00a0200,50",
        "ao vivo R$\u00a0980,10 · fluxo R$\u00a01.000,00 · arquivos R$\u00a01.200,50",
        told[0]["explicacao"],
    ]
    assert "R$ 10,10 a menos que o fluxo nos mesmos minutos" in told[0]["explicacao"]
    assert (
        rows.nth(2).locator(".lados").inner_text() == "ao vivo sem registro · fluxo 5 · arquivos 5"
    )
    assert rows.nth(1).locator(".quanto").inner_text() == "sem diferença"
    before = page.locator("#anteriores li")
    assert [row.inner_text().split("\n") for row in before.all()] == [
        [f"{yesterday - timedelta(days=1):%d/%m/%Y}", "sem diferença"]
    ]


def test_what_failed_comes_first(opened: Opened) -> None:
    page = opened.page
    counts = page.locator("#vereditos > div")
    assert [count.inner_text().split("\n") for count in counts.all()] == [
        ["reprovadas", "1"],
        ["alertas", "1"],
        ["aprovadas", "2"],
    ]
    failed = page.locator("#falhas li")
    assert [row.get_attribute("data-verificacao") for row in failed.all()] == ["ruim", "quase"]
    assert failed.first.inner_text().split("\n") == [
        "reprovada, impede o resto",
        "vendas",
        "Quase toda venda diz quem comprou. 1 de 16.",
        "medido: 0,0625 · aceito: no máximo 0,05",
    ]
    expect(page.locator("#verificado")).to_contain_text("1 impede o que vem depois")


@pytest.mark.parametrize("part", ["titulo-meses", "titulo-regioes", "titulo-vendidos"])
def test_a_download_has_the_numbers_of_the_api(opened: Opened, shop: Shop, part: str) -> None:
    assert_download_is_the_apis(opened.page, shop, part)


@pytest.mark.parametrize("part", ["titulo-conciliacao", "titulo-qualidade"])
def test_a_download_of_rows_has_the_numbers_of_the_api(
    opened: Opened, shop: Shop, part: str
) -> None:
    assert_download_is_the_apis(opened.page, shop, part)


def assert_download_is_the_apis(page: Page, shop: Shop, part: str) -> None:
    link = page.locator(f"section[aria-labelledby={part}] a[download]")
    with page.expect_download() as downloaded:
        link.click()
    assert downloaded.value.suggested_filename.endswith(".csv")
    content = downloaded.value.path().read_bytes()
    sheet = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    href = link.get_attribute("href") or ""
    plain = httpx.get(shop.url + href.replace("planilha", "csv"), timeout=5).text
    expected = list(csv.reader(io.StringIO(plain, newline="")))
    assert len(sheet) > 1
    assert [[as_brazil(cell) for cell in row] for row in expected] == sheet


def as_brazil(cell: str) -> str:
    whole, point, cents = cell.partition(".")
    if point and cents.isdigit() and whole.lstrip("-").isdigit():
        return f"{whole},{cents}"
    return {"true": "sim", "false": "não"}.get(cell, cell)


def test_the_tabs_by_keyboard_and_by_address(browser: Browser, shop: Shop) -> None:
    context = browser.new_context()
    opened = Opened(context.new_page(), shop.url)
    page = opened.page
    now, history = page.get_by_role("tab", name="Agora"), page.get_by_role("tab", name="Histórico")
    now.focus()
    for key, chosen in (("ArrowRight", history), ("ArrowRight", now), ("End", history)):
        page.keyboard.press(key)
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Histórico")).to_be_visible()
    expect(page.locator("#agora")).to_be_hidden()
    assert now.get_attribute("tabindex") == "-1"
    assert page.url.endswith("#historico")
    page.reload()
    expect(page.locator("#historico-tudo")).to_be_visible(timeout=SOON)
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Histórico")).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#receita-hoje")).to_be_visible()
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
    assert page.locator("#grafico canvas").evaluate("(e) => e.clientWidth") > 100
    assert opened.complaints == []
    context.close()


PAST = ("/vendas/mensais", "/produtos/mais_vendidos", "/conciliacao", "/qualidade", "history.")


def test_the_past_is_asked_for_only_when_it_is_open_and_weighs_little(
    browser: Browser, shop: Shop
) -> None:
    page = browser.new_page()
    transfer, asked = Transfer(page), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop.url)
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
    assert [url for url in asked if any(part in url for part in PAST)] == []
    page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#grafico-regioes canvas")).to_have_count(1, timeout=SOON)
    assert all(any(part in url for url in asked) for part in PAST)
    assert transfer.total <= TRANSFER_BYTES
    page.close()


def test_nothing_jumps_when_the_history_comes_again(opened: Opened) -> None:
    page = opened.page
    expect(page.locator("#grafico-regioes canvas")).to_have_count(1, timeout=SOON)
    places = "() => [...document.querySelectorAll('#historico h2')].map((e) => e.offsetTop)"
    before = page.evaluate(places)
    page.get_by_role("tab", name="Agora").click()
    with page.expect_response(lambda answer: "/qualidade" in answer.url):
        page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#historico-tudo")).to_be_visible()
    assert page.evaluate(places) == before


def test_while_nothing_answers_the_tab_says_so_and_recovers(browser: Browser, shop: Shop) -> None:
    context = browser.new_context()
    page = Opened(context.new_page(), shop.url).page
    page.route("**/vendas/mensais*", lambda route: route.abort())
    for part in ("produtos/mais_vendidos", "conciliacao", "qualidade"):
        page.route(f"**/{part}?*", lambda route: route.abort())
    page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#historico-espera")).to_contain_text("O histórico não veio.")
    expect(page.locator("#historico-tudo")).to_be_hidden()
    page.unroute_all()
    page.get_by_role("tab", name="Agora").click()
    page.get_by_role("tab", name="Histórico").click()
    expect(page.locator("#historico-tudo")).to_be_visible(timeout=SOON)
    expect(page.locator("#historico-espera")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_tab(
    browser: Browser, shop: Shop, scheme: Literal["light", "dark"]
) -> None:
    opened = open_history(browser, shop, color_scheme=scheme, reduced_motion="reduce")
    expect(opened.page.locator("#grafico-regioes canvas")).to_have_count(1, timeout=SOON)
    assert violations(opened.page, axe_source()) == []
    opened.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, shop: Shop, scheme: str) -> None:
    opened = open_history(browser, shop, color_scheme=scheme)
    page = opened.page
    expect(page.locator("#grafico-regioes canvas")).to_have_count(1, timeout=SOON)
    for width in (320, 390, 415, 417, 820, 960, 961, 1366, 2560):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"() => ({OVERFLOWING.strip()})() === '[]'", timeout=SOON)
        assert page.locator("#grafico-meses canvas").evaluate("(e) => e.clientWidth") <= width
    assert opened.complaints == []
    page.context.close()


@pytest.fixture(scope="module")
def modules(browser: Browser, shop: Shop) -> Iterator[Page]:
    """A page for what needs no page of its own."""
    opened = open_history(browser, shop)
    yield opened.page
    opened.page.context.close()


def evaluated(page: Page, module: str, call: str, *arguments: Any) -> Any:
    script = f"async (a) => (await import('/static/js/{module}.js')).{call}(...a)"
    return page.evaluate(script, list(arguments))


@pytest.mark.parametrize(
    ("key", "place", "expected"),
    [
        ("ArrowRight", 0, 1),
        ("ArrowRight", 1, 0),
        ("ArrowLeft", 0, 1),
        ("Home", 1, 0),
        ("End", 0, 1),
        ("Enter", 0, None),
    ],
)
def test_next_place(modules: Page, key: str, place: int, expected: int | None) -> None:
    assert evaluated(modules, "tabs", "nextPlace", key, place, 2) == expected


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2025-05-14", 0, "2025-05-01"),
        ("2025-03-31", 1, "2025-02-01"),
        ("2025-05-14", 12, "2024-05-01"),
        ("2025-01-01", 5, "2024-08-01"),
    ],
)
def test_months_before(modules: Page, day: str, months: int, expected: str) -> None:
    assert evaluated(modules, "history", "monthsBefore", day, months) == expected


def test_a_day_without_yesterdays_files_shows_the_newest(modules: Page) -> None:
    assert evaluated(modules, "drift", "dayNote", "2025-05-12", "2025-05-13") == (
        "segunda-feira, 12 de maio, o último dia conciliado: ontem ainda não foi"
    )
    assert evaluated(modules, "history", "dayBefore", "2025-03-01") == "2025-02-28"


def test_states_are_summed_to_the_cent_over_the_months_that_they_have(modules: Page) -> None:
    items = [
        {"mes": "2025-05-01", "regiao": "SP", "receita": "0.20"},
        {"mes": "2025-04-01", "regiao": "SP", "receita": "0.10"},
        {"mes": "2025-05-01", "regiao": "RJ", "receita": "-1.00"},
    ]
    assert evaluated(modules, "regions", "byState", items) == {
        "months": ["2025-04-01", "2025-05-01"],
        "states": [
            {"regiao": "SP", "total": 30, "values": [10, 20]},
            {"regiao": "RJ", "total": -100, "values": [0, -100]},
        ],
    }


@pytest.mark.parametrize(
    ("count", "names"),
    [
        pytest.param(1, ["Acre"], id="few"),
        pytest.param(3, ["Acre", "Alagoas", "Amazonas"], id="one more is no rest"),
        pytest.param(4, ["Acre", "Alagoas", "os outros 2"], id="the rest is one"),
    ],
)
def test_largest(modules: Page, count: int, names: list[str]) -> None:
    codes = ["AC", "AL", "AM", UNKNOWN][:count]
    states = [{"regiao": code, "total": 2, "values": [1, 1]} for code in codes]
    found = evaluated(modules, "regions", "largest", states, 2)
    assert [state["name"] for state in found] == names
    assert sum(state["total"] for state in found) == 2 * count
    assert all(len(state["values"]) == 2 for state in found)


@pytest.mark.parametrize(
    ("failed", "alerts", "blocking", "expected"),
    [
        (0, 0, 0, "verificados em 14/05/2025, 06:00 · tudo em ordem"),
        (0, 1, 0, "verificados em 14/05/2025, 06:00"),
        (2, 0, 1, "verificados em 14/05/2025, 06:00 · 1 impede o que vem depois"),
        (2, 0, 2, "verificados em 14/05/2025, 06:00 · 2 impedem o que vem depois"),
    ],
)
def test_run_note(modules: Page, failed: int, alerts: int, blocking: int, expected: str) -> None:
    totals = {"reprovadas": failed, "alertas": alerts, "aprovadas": 9, "bloqueios": blocking}
    run = {"executada_em": "2025-05-14T09:00:00.000Z", "totais": totals}
    assert evaluated(modules, "quality", "runNote", run, "America/Sao_Paulo") == expected
