"""The make-believe shop's page in Chromium: what is clicked and bought is on Kafka."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.support.browser import chromium
from tests.support.kafka import TopicReader
from tests.support.platform import kafka_servers, platform_of
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from shop_simulator.shop_factory import build_shop
from vitrine_local.platform import LocalPlatform

SIMULATOR = "shop-simulator"
PHONE = {"width": 360, "height": 740}
QUIET = {"EVENTS_PER_SECOND": "0.000001"}

platform = platform_of("event-producer", "mongo", "s3")


@pytest.fixture(scope="module")
def address(platform: LocalPlatform) -> str:
    """A shop in which nobody else buys."""
    platform.start_part(SIMULATOR, QUIET)
    return f"http://127.0.0.1:{platform.environment(SIMULATOR)['LISTEN_PORT']}"


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Of a phone; at the end the browser has found nothing to complain of."""
    with chromium() as browser:
        page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        yield page
        assert complaints == []


def test_clicks_and_an_order_arrive_with_the_catalogues_prices(
    platform: LocalPlatform, page: Page
) -> None:
    shop = build_shop(int(platform.environment(SIMULATOR)["SEED"]), customers=2)
    first, second = shop.products[:2]
    topic = TopicReader(kafka_servers(platform), TOPIC_EVENTOS, 2)
    topic.mark()
    page.get_by_label("Você é").select_option(shop.customers[1].id_usuario)
    page.locator(".ver", has_text=first.name).first.click()
    dialog = page.get_by_role("dialog", name=first.name)
    dialog.get_by_role("button", name="Adicionar ao carrinho").click()
    for product in (first, second):
        page.get_by_role("button", name=f"Adicionar ao carrinho: {product.name}").first.click()
    total = f"{2 * first.price + second.price:.2f}".replace(".", ",")
    assert total in page.locator("#total").inner_text()
    page.get_by_role("button", name="Comprar").click()
    notice = page.get_by_role("status").inner_text()
    assert total in notice
    assert page.locator("#linhas li").count() == 0
    assert page.get_by_role("button", name="Comprar").is_disabled()

    wait_until(lambda: len(topic.read()) >= 6, "six events are on Kafka")
    events = [json.loads(message.value() or b"") for message in topic.read()]
    assert {event["id_usuario"] for event in events} == {shop.customers[1].id_usuario}
    kinds = [(event["tipo_evento"], event["id_produto"]) for event in events]
    added = ("adicao_carrinho", first.id_produto)
    assert sorted(kinds) == sorted(
        [
            ("clique", first.id_produto),
            added,
            added,
            ("adicao_carrinho", second.id_produto),
            ("compra", first.id_produto),
            ("compra", second.id_produto),
        ]
    )
    lines: list[dict[str, Any]] = [e for e in events if e["tipo_evento"] == "compra"]
    assert {line["id_pedido"] for line in lines} == {notice.split()[1]}
    assert [(line["quantidade"], line["preco"]) for line in lines] == [
        (2, f"{first.price:.2f}"),
        (1, f"{second.price:.2f}"),
    ]


def test_the_page_fits_a_phone_and_names_its_controls(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    controls = page.locator("button:visible, select:visible, a:visible")
    names = controls.evaluate_all("(all) => all.map((c) => c.ariaLabel || c.textContent.trim())")
    assert all(names)
    assert page.get_by_role("link", name="Painel ao vivo").get_attribute("href")
