"""The page in a real browser before the real API: its numbers are the API's, and it recovers."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.support.browser import chromium
from tests.support.shop import (
    API,
    Sale,
    Shop,
    active_document,
    minute_document,
    running_shop,
    wait_for,
)

MUG, BAG = "p001-caneca-esmaltada", "p002-mochila-urbana"
SOON = 20_000
HALF_A_MINUTE = timedelta(seconds=30)


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
    now = datetime.now(UTC)
    shop.commit(Sale("o1", MUG, 2, "1049.90"), Sale("o1", BAG, 1, "250.00"), Sale("o2", MUG))
    views = [{"id_produto": MUG, "n": 1200}, {"id_produto": BAG, "n": 7}]
    sold = {"pedidos": 2, "unidades": 4, "receita": "2359.80", "visualizacoes": views}
    shop.put_metrics(
        minute_document(now - timedelta(minutes=1), **sold), active_document(now, 1234)
    )
    wait_for(
        lambda: shop.get("/metricas/tempo_real").json()["vendas_hoje"]["pedidos"] == 2,
        "the API knows the sales",
    )


def sell(shop: Shop, *sales: Sale, on_kafka: bool = True) -> None:
    """As the stream does: both its queries move on."""
    shop.commit(*sales, on_kafka=on_kafka)
    shop.put_metrics(active_document(datetime.now(UTC), 1234))


class Opened:
    """A page, and all that its console complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        expect(page.locator("#frescor")).to_have_attribute("data-estado", "ao-vivo", timeout=SOON)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def figure(self, name: str) -> str | None:
        return self.page.locator(f"#{name}").get_attribute("data-valor")


@pytest.fixture
def opened(browser: Browser, shop: Shop) -> Iterator[Opened]:
    context = browser.new_context(locale="pt-BR", timezone_id="America/Sao_Paulo")
    yield Opened(context.new_page(), shop.url)
    context.close()


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
    assert (name.inner_text(), name.get_attribute("title")) == ("Caneca esmaltada", MUG)
    assert page.locator("#grafico canvas").count() == 1


def test_nothing_offends_the_policy_or_breaks(opened: Opened) -> None:
    opened.page.goto(opened.page.url + "docs")
    expect(opened.page.locator("details.rota")).to_have_count(7, timeout=SOON)
    assert opened.complaints == []


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
    assert opened.complaints == []
    sell(shop, replace(back, quantidade=9))
    expect(page.locator("#ticket")).to_contain_text("em média", timeout=SOON)


def test_it_recovers_when_the_stream_breaks(opened: Opened, shop: Shop) -> None:
    badge = opened.page.locator("#frescor")
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
    shop.metrics.update_many({}, {"$set": {"atualizado_em": datetime.now(UTC) - HALF_A_MINUTE}})
    shop.platform.stop(API)
    shop.platform.start_part(API)
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


@pytest.mark.parametrize("width", [360, 820, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, shop: Shop, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = Opened(context.new_page(), shop.url).page
    script = (Path(__file__).parents[1] / "data" / "overflowing.js").read_text("utf-8")
    assert json.loads(page.evaluate(script)) == []
    context.close()
