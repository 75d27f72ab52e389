"""The shop's page: its products, whom one can be, where its tracker is, and what it may load."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape

import pytest
from starlette.testclient import TestClient

from shop_simulator.shop_factory import build_shop
from shop_simulator.storefront import brl, create_app

SHOP = build_shop(7, customers=20)
PRODUCER, PAGE = "https://eventos.loja.example/v/", "https://painel.loja.example/?a=1&b=2"
ITEM = re.compile(r'data-id="(.+?)" data-nome="(.+?)" data-categoria="(.+?)" data-preco="(.+?)"')


@pytest.fixture
def trouble() -> list[str | None]:
    return [None]


@pytest.fixture
def client(trouble: list[str | None]) -> Iterator[TestClient]:
    app = create_app(
        SHOP, producer=PRODUCER, page=PAGE, alive=lambda: None, ready=lambda: trouble[0]
    )
    with TestClient(app) as client:
        yield client


def test_every_product_has_its_id_and_price(client: TestClient) -> None:
    told = [tuple(map(unescape, item)) for item in ITEM.findall(client.get("/").text)]
    assert told == [(p.id_produto, p.name, p.category, f"{p.price:.2f}") for p in SHOP.products]


def test_it_offers_some_customers_of_the_shop(client: TestClient) -> None:
    text = client.get("/").text
    ids = re.findall(r'<option value="(u\d+)">\w+ \(\w\w\)</option>', text)
    assert ids == [customer.id_usuario for customer in SHOP.customers[:8]]


def test_the_tracker_comes_from_event_producer_and_nothing_else_from_elsewhere(
    client: TestClient,
) -> None:
    answer = client.get("/")
    assert '<script async src="https://eventos.loja.example/v/vitrine.js"' in answer.text
    assert answer.text.count('href="https://painel.loja.example/?a=1&amp;b=2"') == 2
    assert re.findall(r"<script(?![^>]* src=)|<style| on\w+=| style=", answer.text) == []
    policy = dict(p.split(" ", 1) for p in answer.headers["content-security-policy"].split("; "))
    assert policy["script-src"] == "'self' https://eventos.loja.example"
    assert policy["connect-src"] == "https://eventos.loja.example"
    assert (policy["default-src"], policy["style-src"]) == ("'none'", "'self'")
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("path", ["/", "/static/loja.js", "/static/loja.css"])
def test_what_a_browser_has_is_not_sent_again(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_template_itself_is_not_served(client: TestClient) -> None:
    assert client.get("/static/index.html").status_code == 404


def test_health(client: TestClient, trouble: list[str | None]) -> None:
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    trouble[0] = "the shop is not open yet"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": trouble[0]})


@pytest.mark.parametrize(
    ("price", "told"),
    [("0.90", "R$\u00a00,90"), ("35.00", "R$\u00a035,00"), ("1234.5", "R$\u00a01.234,50")],
)
def test_brl(price: str, told: str) -> None:
    assert brl(Decimal(price)) == told
