"""The answers follow WooCommerce's public documentation of its REST API v3; no shop was at hand."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from tests.support.adapter_round import json_response, read_again, run_round

from inventory_poller.adapters.contract import Request, Response
from inventory_poller.adapters.woocommerce import (
    WooCommerceAdapter,
    WooCommerceCredentials,
    WooCommerceSource,
)

CREDENTIALS = WooCommerceCredentials(
    consumer_key=SecretStr("ck_1"), consumer_secret=SecretStr("cs_1")
)


def product(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "sku": f"SKU-{number}",
        "type": "simple",
        "manage_stock": True,
        "stock_quantity": 10,
        **changes,
    }


PRODUCTS = [
    product(1),
    product(2, stock_quantity=-4),
    product(3, manage_stock=False, stock_quantity=None),
    product(4, type="variable", manage_stock=False, stock_quantity=None),
    product(5, type="variable", stock_quantity=7),
    product(6, stock_quantity="ten"),
    product(7, stock_quantity=2.5),
]
VARIATIONS = {
    "/wp-json/wc/v3/products/4/variations": [
        {"id": 41, "sku": "SKU-41", "manage_stock": True, "stock_quantity": 3},
        {"id": 42, "sku": "", "manage_stock": True, "stock_quantity": 0},
    ],
    "/wp-json/wc/v3/products/5/variations": [
        {"id": 51, "sku": "SKU-51", "manage_stock": "parent", "stock_quantity": 7},
    ],
}


def adapter(**changes: Any) -> WooCommerceAdapter:
    given = {"id": "loja", "api": "woocommerce", "url": "https://loja.example", **changes}
    return WooCommerceAdapter(WooCommerceSource.model_validate(given), CREDENTIALS)


def shop(request: Request) -> Response:
    url = urlsplit(request.target)
    if url.path in VARIATIONS:
        return json_response(VARIATIONS[url.path], x_wp_totalpages="1")
    page = int(parse_qs(url.query)["page"][0])
    split = {1: PRODUCTS[:5], 2: PRODUCTS[5:]}
    return json_response(split[page], x_wp_total="7", x_wp_totalpages="2")


def test_a_round_reads_products_and_variations() -> None:
    done = run_round(adapter(), shop)
    assert done.levels == {
        (None, "1"): 10,
        (None, "2"): 0,
        (None, "3"): None,
        (None, "41"): 3,
        (None, "42"): 0,
        (None, "5"): 7,
        (None, "7"): 2,
    }
    assert done.skipped == ["tipo_errado"]
    assert {item.moment for item in done.items} == {None}
    assert [urlsplit(target).path for target in done.targets] == [
        "/wp-json/wc/v3/products",
        "/wp-json/wc/v3/products/4/variations",
        "/wp-json/wc/v3/products/5/variations",
        "/wp-json/wc/v3/products",
    ]


def test_products_may_be_named_by_their_sku() -> None:
    done = run_round(adapter(product_id="sku"), shop)
    assert set(done.levels) == {
        (None, name) for name in ("SKU-1", "SKU-2", "SKU-3", "SKU-41", "", "SKU-5", "SKU-7")
    }


def test_the_next_round_asks_for_what_was_modified_since() -> None:
    first = run_round(adapter(), shop)
    assert first.cursor == "2026-03-02T11:55:00"
    assert "modified_after" not in first.targets[0]
    query = parse_qs(urlsplit(run_round(adapter(), shop, cursor=first.cursor).targets[0]).query)
    assert query["modified_after"] == ["2026-03-02T11:55:00"]
    assert query["dates_are_gmt"] == ["true"]
    assert query["per_page"] == ["100"]


def test_single_products_are_read_with_their_variations() -> None:
    def few(request: Request) -> Response:
        path = urlsplit(request.target).path
        wanted = [PRODUCTS[0], PRODUCTS[3]]
        return json_response(VARIATIONS.get(path, wanted), x_wp_totalpages="1")

    done = read_again(adapter(), [1, 4], few)
    assert done.levels == {(None, "1"): 10, (None, "41"): 3, (None, "42"): 0}
    first, variations = (urlsplit(target) for target in done.targets)
    assert parse_qs(first.query)["include"] == ["1,4"]
    assert "include" not in parse_qs(variations.query)
    assert "modified_after" not in first.query


@pytest.mark.parametrize(("count", "more"), [(100, True), (99, False)])
def test_without_a_header_a_full_page_has_another(count: int, more: bool) -> None:
    pages = [[product(n) for n in range(count)], [product(1000)]]
    done = run_round(adapter(), lambda _: json_response(pages.pop(0)))
    assert len(done.requests) == 1 + more


def test_the_key_is_sent_by_basic_authentication() -> None:
    done = run_round(adapter(), shop)
    kind, _, encoded = done.requests[-1].headers["Authorization"].partition(" ")
    assert (kind, b64decode(encoded)) == ("Basic", b"ck_1:cs_1")
