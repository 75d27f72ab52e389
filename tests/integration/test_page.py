"""The page in a real browser before the real API: its numbers are the API's, and it recovers."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.support.axe import axe_source, violations
from tests.support.browser import chromium
from tests.support.opened_page import CHART_CUT, CUT, OVERFLOWING, SOON, Opened
from tests.support.shop import (
    API,
    Sale,
    Shop,
    active_document,
    minute_document,
    running_shop,
    wait_for,
)
from tests.support.transfer import Transfer

from stream_processor.funnel_figures import Funnel
from stream_processor.region_documents import funnel_document, regions_document
from stream_processor.region_figures import RegionMinute, Totals

MUG, BAG = "p001-caneca-esmaltada", "p002-mochila-urbana"
NAME = "Caneca esmaltada São João"
"""Of MUG; the catalogue does not have BAG."""
SHOP_ZONE = ZoneInfo("America/Sao_Paulo")
HALF_A_MINUTE = timedelta(seconds=30)
CUT_OFF = ("net::ERR_", "status of 503")
"""What the browser says of a server that is away or has just started."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    assert browser.is_connected()
    with running_shop(tmp_path_factory.mktemp("page")) as shop:
        fill(shop)
        yield shop


def fill(shop: Shop) -> None:
    """Whatever other tests sold or counted."""
    now = datetime.now(UTC)
    midnight = now.astimezone(SHOP_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    shop.empty(Sale("past", "p-past", 3, "700.00", midnight - timedelta(days=1)))
    shop.commit(Sale("o1", MUG, 2, "1049.90"), Sale("o1", BAG, 1, "250.00"), Sale("o2", MUG))
    shop.load(produtos=[(MUG, NAME, "cozinha", None, now.replace(tzinfo=None), 1)])
    views = [{"id_produto": MUG, "n": 1200}, {"id_produto": BAG, "n": 7}]
    sold = {"pedidos": 2, "unidades": 4, "receita": "2359.80", "visualizacoes": views}
    before = [{"id_produto": "p-past", "n": 3}, {"id_produto": MUG, "n": 1}]
    shop.put_metrics(
        minute_document(now - timedelta(minutes=1), **sold),
        minute_document(now - timedelta(minutes=70), visualizacoes=before),
        active_document(now, 1234),
    )
    wait_for(
        lambda: shop.get("/metricas/tempo_real").json()["vendas_hoje"]["pedidos"] == 2,
        "the API knows the sales",
    )
    wait_for(lambda: NAME in shop.get("/metricas/tempo_real").text, "the API knows the name")


@pytest.fixture
def as_filled(shop: Shop) -> None:
    fill(shop)


def sell(shop: Shop, *sales: Sale, on_kafka: bool = True) -> None:
    """As the stream does: both its queries move on."""
    shop.commit(*sales, on_kafka=on_kafka)
    shop.put_metrics(active_document(datetime.now(UTC), 1234))


@contextmanager
def opened_at(
    browser: Browser,
    shop: Shop,
    *,
    width: int = 1280,
    height: int = 900,
    scheme: Literal["light", "dark"] = "light",
    still: bool = False,
) -> Iterator[Opened]:
    """The page in a window of its own, whose console has nothing to complain of in the end."""
    context = browser.new_context(
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce" if still else "no-preference",
    )
    opened = Opened(context.new_page(), shop.url)
    yield opened
    context.close()
    assert opened.unexcused() == []


@pytest.fixture
def opened(browser: Browser, shop: Shop) -> Iterator[Opened]:
    with opened_at(browser, shop) as opened:
        yield opened


@pytest.mark.usefixtures("as_filled")
def test_the_numbers_are_the_apis(opened: Opened, shop: Shop) -> None:
    live = shop.get("/metricas/tempo_real").json()
    today = live["vendas_hoje"]
    page = opened.page
    assert opened.figure("receita-hoje") == today["receita"] == "2359.80"
    assert opened.figure("pedidos-hoje") == str(today["pedidos"]) == "2"
    assert opened.figure("unidades-hoje") == str(today["unidades"]) == "4"
    assert opened.figure("usuarios-ativos") == str(live["usuarios_ativos"]) == "1234"
    assert page.locator("#receita-hoje").inner_text() == "R$\u00a02.359,80"
    assert page.locator("#usuarios-ativos").inner_text() == "1.234"
    expect(page.locator("#ultima-hora")).to_contain_text("R$\u00a02.359,80")
    shown = [
        (item.get_attribute("data-produto"), item.locator(".quanto").get_attribute("data-valor"))
        for item in page.locator("#mais-vistos li").all()
    ]
    assert shown == [(v["id_produto"], str(v["visualizacoes"])) for v in live["mais_vistos"]]
    name = page.locator("#mais-vistos .nome").first
    assert (name.inner_text(), name.get_attribute("title")) == (NAME, MUG)
    assert page.locator("#mais-vistos .nome").nth(1).inner_text() == BAG
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)


@pytest.mark.usefixtures("as_filled")
def test_today_is_compared_with_the_same_time_of_past_days(opened: Opened, shop: Shop) -> None:
    live = shop.get("/metricas/tempo_real").json()
    assert live["comparacao"]["ontem"]["receita"] == "2100.00"
    lines = opened.page.locator(".comparacao")
    expect(lines.first.locator(".rumo")).to_have_text("▲", timeout=SOON)
    assert [" ".join(line.inner_text().split()) for line in lines.all()] == [
        "▲ +12% que ontem a esta hora",
        "sem comparação com a semana passada",
        "▲ +100% que ontem",
        "▲ +33% que ontem",
    ]
    assert [line.get_attribute("data-rumo") for line in lines.all()] == ["mais", "nada"] + [
        "mais"
    ] * 2


def test_the_most_viewed_show_their_movement(opened: Opened) -> None:
    moved = opened.page.locator("#mais-vistos .movimento")
    expect(moved).to_have_count(2, timeout=SOON)
    assert [(m.locator(".seta").inner_text(), m.get_attribute("title")) for m in moved.all()] == [
        ("▲ 1", "subiu 1 lugar"),
        ("novo", "sem visitas na hora anterior"),
    ]
    assert moved.first.locator(".so-leitor").text_content() == "subiu 1 lugar"


@pytest.mark.parametrize(
    ("way", "place", "before", "shown", "said"),
    [
        ("subiu", 1, 1201, "▲ 1.200", "subiu 1.200 lugares"),
        ("subiu", 1, 2, "▲ 1", "subiu 1 lugar"),
        ("desceu", 4, 1, "▼ 3", "desceu 3 lugares"),
        ("manteve", 2, 2, "=", "no mesmo lugar"),
        ("novo", 2, None, "novo", "sem visitas na hora anterior"),
        (None, 2, None, "", ""),
    ],
)
def test_moved(
    opened: Opened, way: str | None, place: int, before: int | None, shown: str, said: str
) -> None:
    script = "async (a) => (await import('/static/js/products.js')).moved(...a)"
    product = {"movimento": way, "posicao_anterior": before}
    assert opened.page.evaluate(script, [product, place]) == {"shown": shown, "said": said}


@pytest.mark.parametrize(
    ("now", "before", "way", "text"),
    [
        (112, 100, "mais", "+12% que ontem"),
        (92, 100, "menos", "\u22128% que ontem"),
        (-50, 100, "menos", "\u2212150% que ontem"),
        (100, 100, "igual", "como ontem"),
        (100.4, 100, "igual", "como ontem"),
        (0, 0, "igual", "como ontem"),
        (-9, -9, "igual", "como ontem"),
        (1, 0, "mais", "mais que ontem"),
        (-1, 0, "menos", "menos que ontem"),
        (-1, -9, "mais", "mais que ontem"),
        (1099, 100, "mais", "+999% que ontem"),
        (999_999_999.99, 0.01, "mais", "mais de 10 vezes ontem"),
        (5, None, "nada", "sem comparação com ontem"),
    ],
)
def test_change(opened: Opened, now: float, before: float | None, way: str, text: str) -> None:
    script = "async (a) => (await import('/static/js/comparison.js')).change(...a, 'ontem')"
    assert opened.page.evaluate(script, [now, before]) == {"way": way, "text": text}


def test_nothing_offends_the_policy_or_breaks(opened: Opened, shop: Shop) -> None:
    routes = len(shop.get("/openapi.json").json()["paths"])
    opened.page.goto(opened.page.url + "docs")
    expect(opened.page.locator("details.rota")).to_have_count(routes, timeout=SOON)


@pytest.mark.usefixtures("as_filled")
def test_alerts_show_with_the_time_that_is_left(opened: Opened, shop: Shop) -> None:
    note = opened.page.locator("#sem-alertas")
    expect(note).to_have_text("Os alertas de estoque não estão sendo atualizados.")
    shop.look_at_stock(datetime.now(UTC))
    expect(note).to_have_text("Nenhum produto que vende está acabando.", timeout=SOON)
    in_time = datetime.now(UTC) + timedelta(minutes=45, seconds=30)
    shop.put_alert(MUG, 12, sold_out_at=in_time)
    shop.put_alert(BAG, 0)
    rows = opened.page.locator("#alertas li")
    expect(rows).to_have_count(2, timeout=SOON)
    assert [
        (row.get_attribute("data-produto"), row.get_attribute("data-motivo")) for row in rows.all()
    ] == [(BAG, "esgotado"), (MUG, "acabando")]
    assert [level.inner_text() for level in rows.locator(".nivel").all()] == [
        "nenhuma unidade",
        "restam 12 unidades",
    ]
    assert rows.locator(".resta").first.inner_text() == "esgotado"
    assert rows.locator(".resta").last.inner_text() in ("44 min", "45 min")
    expect(note).to_be_hidden()


@pytest.mark.usefixtures("as_filled")
def test_a_product_opens_a_drawer_with_its_numbers(opened: Opened, shop: Shop) -> None:
    shop.commit_stock((MUG, "cd-sudeste", 40), (MUG, "loja", 2))
    wait_for(lambda: bool(shop.items("/estoque", id_produto=MUG)), "the API knows the stock")
    page, drawer = opened.page, opened.page.locator("#gaveta")
    page.locator("#mais-vistos .produto").first.press("Enter")
    expect(drawer.locator("dd")).to_have_count(9, timeout=SOON)
    names, values = drawer.locator("dt").all_inner_texts(), drawer.locator("dd").all_inner_texts()
    shown = dict(zip(names, values, strict=True))
    sold = shop.get("/vendas/resumo", id_produto=MUG).json()["total"]
    assert shown["Itens hoje"] == str(sold["total_vendido"])
    assert shown["Visitas na última hora"] == "1.200"
    assert shown["Em estoque"] == "42"
    assert re.fullmatch(r"40, há \d+ s", shown["em cd-sudeste"])
    assert re.fullmatch(r"2, há \d+ s", shown["em loja"])
    assert drawer.locator("h2").inner_text() == NAME
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('[data-produto]').dataset.produto") == MUG
    page.locator(f"#mais-vistos [data-produto={BAG}] .produto").click()
    expect(drawer.locator("dt")).to_contain_text(["Em estoque"], timeout=SOON)
    expect(drawer.locator("dd").last).to_have_text("não informado")


def test_a_stock_location_that_fell_silent_is_named(opened: Opened, shop: Shop) -> None:
    page, note = opened.page, opened.page.locator("#sem-noticia")
    long_ago = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    shop.commit_stock((MUG, "cd-norte", 7), received_at=long_ago)
    expect(note).to_have_text("Sem notícia do estoque em cd-norte (há 3 h).", timeout=SOON)
    page.locator(f"#mais-vistos [data-produto={MUG}] .produto").click()
    there = page.locator("#gaveta dt", has_text="em cd-norte").locator("+ dd")
    expect(there).to_have_text("7, há 3 h", timeout=SOON)
    page.keyboard.press("Escape")
    shop.commit_stock(("p-other", "cd-norte", 1))
    expect(note).to_have_text("\u00a0", timeout=SOON)
    page.locator(f"#mais-vistos [data-produto={MUG}] .produto").click()
    expect(there).to_have_text(re.compile(r"^7, há \d+ s$"), timeout=SOON)
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        ([], ""),
        ([12], "Sem notícia do estoque em a0 (há 12 min)."),
        ([190, 12], "Sem notícia do estoque em a0 (há 3 h) e a1 (há 12 min)."),
        (
            [190, 180, 170, 12, 11],
            "Sem notícia do estoque em a0 (há 3 h), a1 (há 3 h), a2 (há 2 h) e mais 2.",
        ),
    ],
)
def test_silent_text(opened: Opened, minutes: list[int], told: str) -> None:
    script = "async (a) => (await import('/static/js/alerts.js')).silentText(...a)"
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    silent = [
        {"id_armazem": f"a{i}", "recebido_em": (now - timedelta(minutes=ago)).isoformat()}
        for i, ago in enumerate(minutes)
    ]
    assert opened.page.evaluate(script, [silent, now.timestamp() * 1000]) == told


def test_the_drawer_tells_what_was_lost_without_stock(opened: Opened, shop: Shop) -> None:
    now = datetime.now(UTC)
    shop.commit_stock((BAG, "cd-sudeste", 0))
    wait_for(lambda: bool(shop.items("/estoque", id_produto=BAG)), "the API knows the stock")
    shop.put_history(
        BAG,
        levels=[
            ("cd-sudeste", 9, now - timedelta(hours=24)),
            ("cd-sudeste", 0, now - timedelta(hours=2)),
        ],
        events=[("clique", now - timedelta(hours=h)) for h in (23, 22, 21, 20, 1.5, 1)],
        sales=[Sale("lost", BAG, 2, "1234.56", now - timedelta(hours=20))],
    )
    opened.page.locator(f"#mais-vistos [data-produto={BAG}] .produto").click()
    drawer = opened.page.locator("#gaveta")
    lost = drawer.locator("dt", has_text="Vendas perdidas, estimadas")
    expect(lost).to_have_count(1, timeout=SOON)
    names, values = drawer.locator("dt").all_inner_texts(), drawer.locator("dd").all_inner_texts()
    shown = dict(zip(names, values, strict=True))
    told = shop.get(f"/estoque/{BAG}").json()["vendas_perdidas"]
    assert told["cliques"] == 2
    assert shown["Sem estoque em 7 dias"] == "2 h"
    assert shown["Vendas perdidas, estimadas"].startswith("R$\u00a0")


@pytest.mark.parametrize(
    ("views", "told"),
    [
        pytest.param(3, ["3"], id="not among the most viewed"),
        pytest.param(0, ["0"], id="of no visitor"),
        pytest.param(None, [], id="while MongoDB was never reached"),
    ],
)
def test_visits_of_a_product(opened: Opened, views: int | None, told: list[str]) -> None:
    script = "async (p) => (await import('/static/js/drawer.js')).facts(p, null)"
    product = {"visualizacoes": views, "vendas": {"hoje": None}, "estoque": None}
    facts = opened.page.evaluate(script, product)
    assert [value for name, value in facts if name == "Visitas na última hora"] == told


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        (None, []),
        ({"segundos_esgotado": 0, "unidades": 0, "receita": "0.00"}, []),
        (
            {"segundos_esgotado": 7200, "unidades": 2.25, "receita": "1234.56"},
            ["2 h", "R$\u00a01.234,56 · 2,3 itens"],
        ),
        (
            {"segundos_esgotado": 59, "unidades": 1, "receita": "10.00"},
            ["menos de 1 min", "R$\u00a010,00 · 1 item"],
        ),
        (
            {"segundos_esgotado": 604800, "unidades": None, "receita": None},
            ["7 dias", "sem base para estimar"],
        ),
    ],
)
def test_lost_facts(opened: Opened, lost: dict[str, object] | None, expected: list[str]) -> None:
    script = "async (l) => (await import('/static/js/drawer.js')).lostFacts(l).map((f) => f[1])"
    assert opened.page.evaluate(script, lost) == expected


def test_a_path_with_an_id_can_be_tried_in_the_documentation(opened: Opened) -> None:
    page = opened.page
    page.goto(page.url + "docs")
    route = page.locator("details.rota", has_text="/usuarios/{id_usuario}/atividade")
    route.locator("summary").click()
    route.locator("input[name=id_usuario]").fill("a/b@c.example")
    route.locator("input[name=limite]").fill("5")
    route.locator("button").click()
    opened.excused = ("404",)
    asked = "GET /usuarios/a%2Fb%40c.example/atividade?limite=5\n404"
    expect(route.locator("pre")).to_contain_text(asked, timeout=SOON)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_page_nor_in_a_drawer(
    browser: Browser, shop: Shop, scheme: Literal["light", "dark"]
) -> None:
    source = axe_source()
    shop.put_alert(MUG, 12, sold_out_at=datetime.now(UTC) + timedelta(hours=1))
    shop.put_alert(BAG, 0)
    with opened_at(browser, shop, scheme=scheme, still=True) as opened:
        page = opened.page
        expect(page.locator("#alertas li")).to_have_count(2, timeout=SOON)
        assert violations(page, source) == []
        page.locator("#mais-vistos .produto").first.click()
        expect(page.locator("#gaveta dd").first).to_be_visible(timeout=SOON)
        assert violations(page, source) == []
        page.locator("#gaveta-nome").evaluate("(e) => { e.style.color = 'var(--borda)'; }")
        assert any("color-contrast" in found for found in violations(page, source))


@pytest.mark.usefixtures("as_filled")
def test_states_and_the_funnel_of_the_hour(opened: Opened, shop: Shop) -> None:
    minute = int((datetime.now(UTC) - timedelta(minutes=2)).timestamp()) // 60 * 60
    sold = {("SP", "Sudeste"): Totals(3, 5, Decimal("1500.00"), 9)}
    sold[("BA", "Nordeste")] = Totals(1, 1, Decimal("375.00"), 2)
    sold[("AM", "Norte")] = Totals(0, 0, Decimal("0.00"), 7)
    funnel = Funnel(80, 20, 5, carrinhos=3, clientes=2, com_preco=2, valor=Decimal("149.90"))
    shop.put_metrics(
        regions_document(minute, RegionMinute(sold, {("fiel",): Totals()})),
        funnel_document(funnel, since=minute, now=datetime.now(UTC)),
    )
    wait_for(lambda: shop.get("/metricas/funil").json()["clicaram"] == 80, "the API knows it")
    page = opened.page
    page.reload()
    states, steps = page.locator("#estados li"), page.locator("#funil li")
    expect(states).to_have_count(2, timeout=SOON)
    expect(steps).to_have_count(3, timeout=SOON)
    assert [row.inner_text().split("\n") for row in states.all()] == [
        ["SP", "R$\u00a01.500,00"],
        ["BA", "R$\u00a0375,00"],
    ]
    assert states.last.locator(".barra").evaluate("(e) => e.style.width") == "25%"
    assert [step.locator(".quanto").inner_text() for step in steps.all()] == [
        "80",
        "20 · 25%",
        "5 · 6,3%",
    ]
    expect(page.locator("#abandonados")).to_have_text(
        "3 produtos esquecidos nos carrinhos de 2 clientes: R$\u00a0149,90"
    )


@pytest.mark.usefixtures("as_filled")
def test_many_states_add_up_to_the_hour(opened: Opened, shop: Shop) -> None:
    minute = int((datetime.now(UTC) - timedelta(minutes=2)).timestamp()) // 60 * 60
    names = [f"E{number:02}" for number in range(25, 0, -1)]
    sold = {(name, "Região"): Totals(1, 1, Decimal(f"{name[1:]}.10"), 1) for name in names}
    shop.put_metrics(regions_document(minute, RegionMinute(sold, {("fiel",): Totals()})))
    states = opened.page.locator("#estados li")
    opened.page.reload()
    expect(states.last).to_have_text(re.compile("outros 16 estados"), timeout=SOON)
    assert [row.get_attribute("data-chave") for row in states.all()] == [*names[:9], "outros"]
    assert states.last.locator(".quanto").inner_text() == "R$\u00a0137,60"
    assert states.last.locator(".barra").evaluate("(e) => e.style.width") == "100%"


def test_a_sale_appears_by_itself(opened: Opened, shop: Shop) -> None:
    before = float(opened.figure("receita-hoje") or 0)
    sell(shop, Sale("live", BAG, 1, "0.01"))
    expect(opened.page.locator("#receita-hoje")).to_have_attribute(
        "data-valor", f"{before + 0.01:.2f}", timeout=SOON
    )


def test_more_taken_back_than_sold_is_negative(opened: Opened, shop: Shop) -> None:
    before = Decimal(opened.figure("receita-hoje") or 0)
    back, minute = Sale("back", MUG, -9, "1000.00"), datetime.now(UTC) - timedelta(minutes=30)
    sell(shop, back)
    shop.put_metrics(minute_document(minute, unidades=-9, receita="-9000.00"))
    page = opened.page
    expect(page.locator("#receita-hoje")).to_have_attribute(
        "data-valor", str(before - 9000), timeout=SOON
    )
    expect(page.locator("#receita-hoje")).to_have_text(re.compile(r"^-R\$\u00a0\d\.\d{3},\d\d$"))
    expect(page.locator("#ticket")).to_have_text("devoluções acima das vendas")
    expect(page.locator("#ultima-hora")).to_contain_text("-R$\u00a06.640,20")
    sell(shop, replace(back, quantidade=9))
    expect(page.locator("#ticket")).to_contain_text("em média", timeout=SOON)


def test_it_recovers_when_the_stream_breaks(opened: Opened, shop: Shop) -> None:
    badge = opened.page.locator("#frescor")
    opened.excused = CUT_OFF
    shop.platform.stop(API)
    expect(badge).to_have_attribute("data-estado", "sem-conexao", timeout=SOON)
    expect(badge).to_have_text("sem conexão, tentando de novo")
    sell(shop, Sale("meanwhile", MUG, 1, "3.00"))
    shop.platform.start_part(API)
    expect(badge).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)
    expect(opened.page.locator("#receita-hoje")).to_have_attribute(
        "data-valor", shop.get("/metricas/tempo_real").json()["vendas_hoje"]["receita"]
    )


def test_a_server_that_falls_silent_is_noticed(opened: Opened, shop: Shop) -> None:
    badge = opened.page.locator("#frescor")
    opened.excused = CUT_OFF
    shop.platform.pause(API)
    expect(badge).to_have_attribute("data-estado", "sem-conexao", timeout=SOON)
    shop.platform.resume(API)
    expect(badge).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)


def test_the_badge_turns_when_the_stream_processor_stands_still(opened: Opened, shop: Shop) -> None:
    badge = opened.page.locator("#frescor")
    expect(badge).to_have_text(re.compile(r"^ao vivo · há \d+ s$"))
    shop.produce(2)
    expect(badge).to_have_attribute("data-estado", "atrasado", timeout=SOON)
    expect(badge).to_have_text(re.compile(r"^atrasado há \d+ s$"))
    sell(shop, Sale("late", MUG), Sale("late", BAG), on_kafka=False)
    expect(badge).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)


def test_the_badge_turns_when_the_metrics_query_alone_stands_still(
    opened: Opened, shop: Shop
) -> None:
    badge = opened.page.locator("#frescor")
    opened.excused = CUT_OFF
    shop.metrics.update_many({}, {"$set": {"atualizado_em": datetime.now(UTC) - HALF_A_MINUTE}})
    shop.restart()
    shop.commit(Sale("alone", MUG))
    expect(badge).to_have_attribute("data-estado", "atrasado", timeout=SOON)
    sell(shop, Sale("together", MUG))
    expect(badge).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)


def test_a_store_that_is_away_is_named(opened: Opened, shop: Shop) -> None:
    notice = opened.page.locator("#aviso")
    shop.kill("redshift-local")
    expect(notice).to_contain_text("armazém de vendas não responde", timeout=SOON)
    shop.platform.start_part("redshift-local")
    expect(notice).to_be_hidden(timeout=SOON)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"connected": False, "seen": False, "age": None}, "conectando"),
        ({"connected": False, "seen": True, "age": 1}, "sem-conexao"),
        ({"connected": True, "seen": True, "age": None}, "conectando"),
        ({"connected": True, "seen": True, "age": 10}, "ao-vivo"),
        ({"connected": True, "seen": True, "age": 10.1}, "atrasado"),
        ({"connected": True, "seen": True, "age": 61}, "parado"),
        ({"connected": True, "seen": True, "age": 1, "stopped": True}, "parado"),
        ({"connected": False, "seen": True, "age": 1, "stopped": True}, "sem-conexao"),
    ],
)
def test_badge(opened: Opened, state: dict[str, object], expected: str) -> None:
    script = "async (s) => (await import('/static/js/freshness.js')).badge(s).state"
    assert opened.page.evaluate(script, state) == expected


def test_a_pipeline_that_stands_still_is_named(opened: Opened) -> None:
    script = """async () => {
        const { badge, notice } = await import('/static/js/freshness.js');
        const { text } = badge({ connected: true, seen: true, age: 1, stopped: true });
        return [text, notice(["fluxo"])];
    }"""
    assert opened.page.evaluate(script) == [
        "processamento parado",
        "O processamento dos eventos está parado. Mostrando os últimos números bons.",
    ]


@pytest.mark.parametrize("width", [320, 390, 820, 1366, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_the_numbers_are_the_apis(
    browser: Browser, shop: Shop, width: int, scheme: Literal["light", "dark"]
) -> None:
    with opened_at(browser, shop, width=width, scheme=scheme) as opened:
        expect(opened.page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
        expect(opened.page.locator("#funil li")).to_have_count(3, timeout=SOON)
        assert json.loads(opened.page.evaluate(OVERFLOWING)) == []
        assert opened.page.evaluate(CUT) == []
        assert shown_figures(opened) == figures_of(shop)


def shown_figures(opened: Opened) -> dict[str, object]:
    """The main numbers that the page shows, lists as (key, value)."""
    names = ("receita-hoje", "pedidos-hoje", "unidades-hoje", "usuarios-ativos")
    lists = {"mais-vistos": "produto", "estados": "chave", "funil": "chave"}
    pairs = """(rows, key) => rows.map((row) =>
        [row.dataset[key], row.querySelector(".quanto").dataset.valor])"""
    return {
        **{name: opened.figure(name) for name in names},
        **{
            name: opened.page.locator(f"#{name} li").evaluate_all(pairs, key)
            for name, key in lists.items()
        },
    }


def figures_of(shop: Shop) -> dict[str, object]:
    """The same as the API has them."""
    live, funnel = shop.get("/metricas/tempo_real").json(), shop.get("/metricas/funil").json()
    today, states = live["vendas_hoje"], shop.get("/metricas/regioes").json()["estados"]
    return {
        "receita-hoje": today["receita"],
        "pedidos-hoje": str(today["pedidos"]),
        "unidades-hoje": str(today["unidades"]),
        "usuarios-ativos": str(live["usuarios_ativos"]),
        "mais-vistos": [[v["id_produto"], str(v["visualizacoes"])] for v in live["mais_vistos"]],
        "estados": rows_of_states([e for e in states if Decimal(e["receita"])]),
        "funil": [[step, str(funnel[step])] for step in ("clicaram", "adicionaram", "compraram")],
    }


def rows_of_states(states: list[dict[str, Any]]) -> list[list[str]]:
    """Ten at most, of which the last has what all further states sold."""
    rows = [[each["estado"], each["receita"]] for each in states]
    if len(rows) <= 10:
        return rows
    return [*rows[:9], ["outros", str(sum((Decimal(sold) for _, sold in rows[9:]), Decimal(0)))]]


WIDTHS = (
    *(320, 344, 360, 375, 390, 412, 430, 480, 540, 544, 545, 600, 667, 720, 768, 820, 900, 960),
    *(961, 1024, 1100, 1180, 1280, 1366, 1440, 1536, 1680, 1920, 2560),
)
"""Phones, tablets and desktops, and both sides of each breakpoint of the style sheet."""


@contextmanager
def revenue_of(shop: Shop, total: str) -> Iterator[None]:
    """Today's revenue is so much, and afterwards what it was."""
    before = revenue_today(shop)
    more = Sale("milhoes", MUG, 1, str(Decimal(total) - before))
    sell(shop, more)
    try:
        yield
    finally:
        sell(shop, replace(more, quantidade=-1))
    wait_for(lambda: revenue_today(shop) == before, "the API knows what was taken back")


def revenue_today(shop: Shop) -> Decimal:
    return Decimal(shop.get("/metricas/tempo_real").json()["vendas_hoje"]["receita"])


@pytest.mark.parametrize(
    ("total", "shown"),
    [
        ("12345678.90", "R$\u00a012.345.678,90"),
        ("1234567890.12", "R$\u00a01.234.567.890,12"),
    ],
)
def test_millions_fit_at_every_width(opened: Opened, shop: Shop, total: str, shown: str) -> None:
    page, revenue = opened.page, opened.page.locator("#receita-hoje")
    with revenue_of(shop, total):
        expect(revenue).to_have_text(shown, timeout=SOON)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(f"() => ({CUT})().length === 0", timeout=SOON)
            assert json.loads(page.evaluate(OVERFLOWING)) == [], width
            assert revenue.evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)") >= 16, width
            assert revenue.inner_text() == shown


MOST = "999999999.99"
MOST_UNITS = 999_999_999
STATES = ("SP", "RJ", "MG", "RS", "PR", "SC", "BA", "PE", "CE", "GO")
FAR_AWAY = "deposito-central-da-zona-leste"
LONG_NAMED = "p-" + "x" * 126


@contextmanager
def the_most_of_everything(shop: Shop) -> Iterator[None]:
    """Every figure of the page as long as it may be; afterwards what it was, or 0."""
    now = datetime.now(UTC)
    minute = now.replace(second=0, microsecond=0) - timedelta(minutes=50)
    most = {state: Totals(MOST_UNITS, MOST_UNITS, Decimal(MOST), 1) for state in STATES}
    units = {"pedidos": MOST_UNITS, "unidades": MOST_UNITS, "receita": MOST}
    views = [{"id_produto": MUG, "n": MOST_UNITS}]

    def put_back() -> None:
        shop.put_metrics(
            minute_document(minute), states_document(minute, {}), full_funnel(minute, 0, None)
        )
        shop.commit_stock((MUG, FAR_AWAY, 0))
        shop.close_alert(LONG_NAMED)

    with revenue_of(shop, MOST):
        shop.commit_stock((MUG, FAR_AWAY, MOST_UNITS), (LONG_NAMED, FAR_AWAY, 1))
        shop.put_alert(LONG_NAMED, MOST_UNITS, sold_out_at=now + timedelta(days=9999))
        shop.put_metrics(
            active_document(now, MOST_UNITS),
            minute_document(minute, visualizacoes=views, **units),
            states_document(minute, most),
            full_funnel(minute, MOST_UNITS, Decimal(MOST)),
        )
        try:
            yield
        finally:
            put_back()


def states_document(minute: datetime, totals: dict[str, Totals]) -> dict[str, object]:
    """What each state bought in a minute."""
    states = {(state, "Sudeste"): each for state, each in totals.items()}
    return regions_document(int(minute.timestamp()), RegionMinute(states, {}))


def full_funnel(minute: datetime, count: int, value: Decimal | None) -> dict[str, object]:
    """A funnel whose every count is the same."""
    worth = {"com_preco": count, "valor": value or Decimal(0)}
    funnel = Funnel(count, count, count, carrinhos=count, clientes=count, **worth)
    return funnel_document(funnel, since=int(minute.timestamp()), now=datetime.now(UTC))


def with_most_lost(route: Route) -> None:
    """The API's own answer, but that as much was lost as can be."""
    answer = route.fetch()
    lost = {"segundos_esgotado": 604800, "unidades": 999999.99, "receita": MOST}
    route.fulfill(response=answer, json=answer.json() | {"vendas_perdidas": lost})


def test_the_most_of_everything_fits(opened: Opened, shop: Shop) -> None:
    page, drawer = opened.page, opened.page.locator("#gaveta")
    page.route("**/estoque/**", with_most_lost)
    with the_most_of_everything(shop):
        wait_for_the_most(opened)
        for width in (320, 390, 1366, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            fits(opened)
            page.locator(f"#mais-vistos [data-produto={MUG}] .produto").click()
            expect(drawer.locator("dt", has_text="Vendas perdidas")).to_be_visible(timeout=SOON)
            fits(opened)
            page.keyboard.press("Escape")
            page.locator(f"#alertas [data-produto={LONG_NAMED}] .produto").click()
            expect(drawer.locator("dd").first).to_be_visible(timeout=SOON)
            fits(opened)
            page.keyboard.press("Escape")


def wait_for_the_most(opened: Opened) -> None:
    page, millions = opened.page, re.compile(r"R\$\u00a0[\d.]{11,},\d\d$")
    expect(page.locator("#receita-hoje")).to_have_attribute("data-valor", MOST, timeout=SOON)
    expect(page.locator("#usuarios-ativos")).to_have_text("999.999.999", timeout=SOON)
    expect(page.locator("#ultima-hora")).to_have_text(millions, timeout=SOON)
    expect(page.locator("#estados li")).to_have_count(len(STATES), timeout=SOON)
    expect(page.locator("#abandonados")).to_have_text(millions, timeout=SOON)
    expect(page.locator(f"#alertas [data-produto={LONG_NAMED}]")).to_be_visible(timeout=SOON)
    shown = f"() => ({CHART_CUT})('grafico').texts.some((t) => t.includes('bi'))"
    page.wait_for_function(shown, timeout=SOON)


def fits(opened: Opened) -> None:
    """Nothing is wider than its place, in the page and in its chart."""
    opened.page.wait_for_function(f"() => ({CUT})().length === 0", timeout=SOON)
    assert json.loads(opened.page.evaluate(OVERFLOWING)) == []
    assert opened.page.evaluate(CHART_CUT, "grafico")["cut"] == []


PLACES = """() => {
    const things = ".topo, .cartao, .cartao h2, .valor, .grafico, .cartao ol";
    const shown = [...document.querySelectorAll(things)].filter((e) => e.checkVisibility());
    return shown.map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        const place = [x, y, width, ...(e.matches(".largo") ? [] : [height])].map(Math.round);
        return `${e.id || e.className || e.textContent}: ${place}`;
    });
}"""
"""Where all things are; the last card may grow, since only the footer is beneath it."""


@pytest.mark.parametrize(("width", "height"), [(320, 900), (820, 900), (1366, 768), (2560, 1440)])
def test_nothing_jumps_when_numbers_change(
    browser: Browser, shop: Shop, width: int, height: int
) -> None:
    with opened_at(browser, shop, width=width, height=height) as opened:
        expect(opened.page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
        expect(opened.page.locator("#funil li")).to_have_count(3, timeout=SOON)
        before = opened.page.evaluate(PLACES)
        with the_most_of_everything(shop):
            wait_for_the_most(opened)
            assert opened.page.evaluate(PLACES) == before
        opened.page.evaluate("""async () => {
            document.querySelector("#mais-vistos").replaceChildren();
            document.querySelector("#sem-visitas").hidden = false;
            document.querySelector("#aviso").hidden = false;
            document.querySelector("#frescor-texto").textContent = "sem conexão, tentando de novo";
        }""")
        assert opened.page.evaluate(PLACES) == before


def test_it_prints_in_its_colours_on_white_paper(browser: Browser, shop: Shop) -> None:
    a4 = 718
    with opened_at(browser, shop, scheme="dark") as opened, the_most_of_everything(shop):
        page = opened.page
        wait_for_the_most(opened)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": a4, "height": 1000})
        page.wait_for_function(f"() => ({CUT})().length === 0", timeout=SOON)
        assert json.loads(page.evaluate(OVERFLOWING)) == []
        style = "([e, p]) => getComputedStyle(document.querySelector(e)).getPropertyValue(p)"
        assert page.evaluate(style, ["body", "background-color"]) == "rgb(255, 255, 255)"
        assert page.evaluate(style, ["body", "color"]) == "rgb(34, 38, 43)"
        for kept in (".barra", ".trilho", ".alertas li", ".selo"):
            assert page.evaluate(style, [kept, "print-color-adjust"]) == "exact"
        expect(page.locator(".abas")).to_be_hidden()
        assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) in (1, 2)


def test_a_wall_screen_is_used(browser: Browser, shop: Shop) -> None:
    with opened_at(browser, shop, width=2560, height=1440) as opened:
        width = opened.page.locator("#agora").evaluate("(e) => e.getBoundingClientRect().width")
        assert width > 0.9 * 2560
        size = "parseFloat(getComputedStyle(document.body).fontSize)"
        assert opened.page.evaluate(size) >= 18


def test_a_figure_that_is_too_wide_is_found_and_a_short_one_is_large_again(opened: Opened) -> None:
    page = opened.page
    page.set_viewport_size({"width": 320, "height": 900})
    page.wait_for_function(f"() => ({CUT})().length === 0", timeout=SOON)
    before = page.evaluate("getComputedStyle(document.getElementById('receita-hoje')).fontSize")
    fitted = page.evaluate("""async () => {
        const { fit } = await import("/static/js/fit.js");
        const revenue = document.getElementById("receita-hoje");
        const text = revenue.textContent;
        revenue.textContent = "R$\u00a01.234.567.890,12";
        fit(revenue);
        const small = getComputedStyle(revenue).fontSize;
        revenue.textContent = text;
        fit(revenue);
        return [small, getComputedStyle(revenue).fontSize];
    }""")
    assert float(fitted[0].removesuffix("px")) < float(before.removesuffix("px"))
    assert fitted[1] == before
    page.locator("#receita-hoje").evaluate("(e) => { e.style.fontSize = '6rem'; }")
    assert page.evaluate(CUT) == ["receita-hoje"]


FIRST_SCREEN_BYTES = 100_000
CHART = "/static/vendor/echarts/echarts-6.1.0.common.min.js"
WHEN_SHOWN = """addEventListener("DOMContentLoaded", () => {
    const revenue = document.getElementById("receita-hoje");
    new MutationObserver(() => { window.shownAt ??= performance.now(); })
        .observe(revenue, { attributeFilter: ["data-valor"] });
})"""


def test_the_figures_need_little_and_come_before_the_chart(browser: Browser, shop: Shop) -> None:
    page = browser.new_page()
    transfer = Transfer(page)
    page.add_init_script(WHEN_SHOWN)
    page.goto(shop.url)
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
    first = transfer.before[shop.url + CHART]
    assert 5_000 < first <= FIRST_SCREEN_BYTES < transfer.total
    asked = f"performance.getEntriesByName('{shop.url}{CHART}')[0].startTime"
    assert page.evaluate(f"window.shownAt < {asked}")
    page.close()


def test_without_the_chart_there_are_figures_and_it_is_asked_for_again(
    browser: Browser, shop: Shop
) -> None:
    page = browser.new_page()
    page.route(f"**{CHART}", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda r: r.url.endswith(CHART)):
        page.goto(shop.url)
    expect(page.locator("#frescor")).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)
    assert page.locator("#receita-hoje").get_attribute("data-valor")
    expect(page.locator("#grafico canvas")).to_have_count(0)
    page.unroute_all()
    expect(page.locator("#grafico canvas")).to_have_count(1, timeout=SOON)
    page.close()
