"""The bodies follow the vendors' public documentation of their webhooks, and WooCommerce's its
public source too; no shop or account was at hand."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from inventory_poller.adapters.contract import Source
from inventory_poller.adapters.webhook import Webhook, WrongBodyError, WrongSignatureError
from inventory_poller.sources import StockApi

SECRET = b"s3cr3t"


def in_base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


class Vendor(NamedTuple):
    settings: dict[str, Any]
    header: str
    encode_signature: Callable[[bytes], str]
    body: dict[str, Any]
    product: int


WOOCOMMERCE: dict[str, Any] = {
    "id": 794,
    "name": "Premium Quality",
    "type": "simple",
    "status": "publish",
    "sku": "",
    "manage_stock": True,
    "stock_quantity": 7,
    "parent_id": 0,
    "variations": [],
    "meta_data": [],
}
NUVEMSHOP = {"store_id": 123456, "event": "product/updated", "id": 1234}
SHOPIFY = {
    "inventory_item_id": 271878346596884015,
    "location_id": 24826418,
    "available": 6,
    "updated_at": "2026-03-02T06:52:11-05:00",
    "admin_graphql_api_id": "gid://shopify/InventoryLevel/5?inventory_item_id=271878346596884015",
}
BLING = {
    "eventId": "01945027-150e-72b4-e7cf-4943a042cd9c",
    "date": "2026-03-02T12:18:46Z",
    "version": "v1",
    "event": "stock.created",
    "companyId": "d4475854366a36c86a37e792f9634a51",
    "data": {
        "produto": {"id": 12345678},
        "deposito": {"id": 12345678, "saldoFisico": 1250.75, "saldoVirtual": 1250.75},
        "operacao": "E",
        "quantidade": 25,
        "saldoFisicoTotal": 1500.75,
        "saldoVirtualTotal": 1500.75,
    },
}
VENDORS = {
    "woocommerce": Vendor({}, "x-wc-webhook-signature", in_base64, WOOCOMMERCE, 794),
    "nuvemshop": Vendor(
        {"url": "https://api.nuvemshop.com.br/v1/123456", "contact": "ti@loja.example"},
        "x-linkedstore-hmac-sha256",
        bytes.hex,
        NUVEMSHOP,
        1234,
    ),
    "shopify": Vendor(
        {"location_names": {"24826418": "cd-sul"}},
        "x-shopify-hmac-sha256",
        in_base64,
        SHOPIFY,
        271878346596884015,
    ),
    "bling": Vendor(
        {}, "x-bling-signature-256", lambda digest: f"sha256={digest.hex()}", BLING, 12345678
    ),
}


def source(api: str) -> Source:
    given = {"id": "loja", "api": api, "url": "https://x.example", **VENDORS[api].settings}
    found: Source = TypeAdapter(StockApi).validate_python(given)
    return found


def webhook(api: str) -> Webhook:
    found = source(api).webhook()
    assert found is not None
    return found


def signature(api: str, body: bytes, secret: bytes = SECRET) -> str:
    return VENDORS[api].encode_signature(hmac.new(secret, body, hashlib.sha256).digest())


def products(api: str, document: object) -> list[int]:
    body = msgspec.json.encode(document)
    return webhook(api).products(body, signature=signature(api, body), secret=SECRET)


@pytest.mark.parametrize("api", VENDORS)
def test_a_signed_webhook_names_its_product(api: str) -> None:
    assert webhook(api).header == VENDORS[api].header
    assert products(api, VENDORS[api].body) == [VENDORS[api].product]


def test_a_signature_as_an_independent_program_wrote_it() -> None:
    """`printf '{"event":"order.created"}' | openssl dgst -sha256 -hmac s3cr3t`"""
    body = b'{"event":"order.created"}'
    written = "sha256=0ee553aa719f4aaf00f98d96b4fe10718f86530d2305ce66dd8d4a5376ce4768"
    assert webhook("bling").products(body, signature=written, secret=SECRET) == []


@pytest.mark.parametrize("api", VENDORS)
@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda _api, _body: "", id="none"),
        pytest.param(lambda api, body: signature(api, body, b"another"), id="another secret"),
        pytest.param(lambda api, body: signature(api, body, b""), id="no secret"),
        pytest.param(lambda api, body: signature(api, body + b" "), id="another body"),
        pytest.param(lambda api, body: signature(api, body) + "=", id="too long"),
        pytest.param(lambda api, body: signature(api, body)[:-1], id="too short"),
        pytest.param(lambda api, body: signature(api, body).swapcase(), id="other letters"),
        pytest.param(lambda _api, body: hashlib.sha256(body).hexdigest(), id="a hash alone"),
        pytest.param(lambda _api, _body: "\xe9\x00", id="no ASCII"),
    ],
)
def test_a_webhook_that_is_not_signed_so_is_refused(
    api: str, forge: Callable[[str, bytes], str]
) -> None:
    body = msgspec.json.encode(VENDORS[api].body)
    with pytest.raises(WrongSignatureError):
        webhook(api).products(body, signature=forge(api, body), secret=SECRET)


@pytest.mark.parametrize("api", VENDORS)
@settings(deadline=None)
@given(data=st.data())
def test_any_changed_byte_of_the_body_is_refused(api: str, data: st.DataObject) -> None:
    body = msgspec.json.encode(VENDORS[api].body)
    signed = signature(api, body)
    changed = bytearray(body)
    changed[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WrongSignatureError):
        webhook(api).products(bytes(changed), signature=signed, secret=SECRET)


@pytest.mark.parametrize("api", VENDORS)
@settings(deadline=None)
@given(data=st.data())
def test_any_changed_character_of_the_signature_is_refused(api: str, data: st.DataObject) -> None:
    body = msgspec.json.encode(VENDORS[api].body)
    signed = signature(api, body)
    at = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.characters(max_codepoint=255).filter(lambda each: each != signed[at]))
    changed = signed[:at] + other + signed[at + 1 :]
    with pytest.raises(WrongSignatureError):
        webhook(api).products(body, signature=changed, secret=SECRET)


VIRTUAL = {
    "produto": {"id": 12345},
    "saldoFisicoTotal": 150.75,
    "saldoVirtualTotal": 148.50,
    "vinculoComplexo": True,
    "depositos": [{"id": 1, "saldoFisico": 75.25, "saldoVirtual": 73.00}],
}


@pytest.mark.parametrize(
    ("api", "document", "named"),
    [
        pytest.param(
            "woocommerce",
            WOOCOMMERCE | {"id": 732, "type": "variation", "parent_id": 791},
            [791],
            id="a variation is read with its product",
        ),
        pytest.param(
            "woocommerce",
            WOOCOMMERCE | {"type": "subscription_variation", "parent_id": 791},
            [791],
            id="a variation of a plugin",
        ),
        pytest.param(
            "woocommerce",
            WOOCOMMERCE | {"type": "variation", "parent_id": 0},
            [],
            id="a variation of nothing",
        ),
        pytest.param(
            "woocommerce", WOOCOMMERCE | {"parent_id": 12}, [794], id="a child of a grouped product"
        ),
        pytest.param("woocommerce", {"id": 794}, [], id="a product that was deleted"),
        pytest.param(
            "woocommerce",
            {"id": 727, "status": "processing", "line_items": [{"product_id": 93}]},
            [],
            id="an order",
        ),
        pytest.param(
            "woocommerce", {"action": "woocommerce_add_to_cart", "arg": "x"}, [], id="an action"
        ),
        pytest.param("nuvemshop", NUVEMSHOP | {"event": "product/created"}, [1234], id="created"),
        pytest.param("nuvemshop", NUVEMSHOP | {"event": "product/deleted"}, [], id="deleted"),
        pytest.param("nuvemshop", NUVEMSHOP | {"event": "order/paid"}, [], id="paid"),
        pytest.param(
            "nuvemshop", {"store_id": 123456, "event": "app/suspended"}, [], id="no product at all"
        ),
        pytest.param("nuvemshop", NUVEMSHOP | {"store_id": 7}, [], id="another shop"),
        pytest.param("nuvemshop", NUVEMSHOP | {"id": "1234"}, [1234], id="an id as text"),
        pytest.param("shopify", {"id": 4, "title": "IPod"}, [], id="products/update"),
        pytest.param("bling", BLING | {"event": "stock.deleted"}, [12345678], id="stock.deleted"),
        pytest.param(
            "bling",
            BLING | {"event": "virtual_stock.updated", "data": VIRTUAL},
            [12345],
            id="virtual_stock.updated",
        ),
        pytest.param(
            "bling", BLING | {"event": "order.updated", "data": {"id": 1}}, [], id="order.updated"
        ),
        pytest.param(
            "bling", BLING | {"event": "product_supplier.updated"}, [], id="product_supplier"
        ),
    ],
)
def test_what_an_event_names(api: str, document: dict[str, Any], named: list[int]) -> None:
    assert products(api, document) == named


@pytest.mark.parametrize(
    ("api", "document"),
    [
        pytest.param("woocommerce", [], id="a list"),
        pytest.param("woocommerce", WOOCOMMERCE | {"id": -1}, id="a negative id"),
        pytest.param("nuvemshop", {"event": "product/updated"}, id="of no shop"),
        pytest.param("shopify", {"inventory_item_id": "x"}, id="an id that is no number"),
        pytest.param("shopify", {"inventory_item_id": 2**63}, id="an id too large"),
        pytest.param("bling", {"data": {}}, id="no event"),
        pytest.param("bling", BLING | {"data": {}}, id="a stock event of no product"),
    ],
)
def test_a_signed_body_of_another_shape_is_refused(api: str, document: object) -> None:
    with pytest.raises(WrongBodyError):
        products(api, document)


@pytest.mark.parametrize(
    ("api", "body", "is_ping"),
    [
        pytest.param("woocommerce", b"webhook_id=123", True, id="its ping"),
        pytest.param("woocommerce", b"webhook_id=", False, id="no number"),
        pytest.param("woocommerce", b"webhook_id=1&id=794", False, id="something more"),
        pytest.param("woocommerce", b"webhook_id=1\n", False, id="a line"),
        pytest.param("shopify", b"webhook_id=123", False, id="another API"),
    ],
)
def test_a_ping_needs_no_signature_and_names_nothing(api: str, body: bytes, is_ping: bool) -> None:
    if is_ping:
        assert webhook(api).products(body, signature="", secret=SECRET) == []
    else:
        with pytest.raises(WrongSignatureError):
            webhook(api).products(body, signature="", secret=SECRET)


@pytest.mark.parametrize("api", ["vitrine", "vtex", "generic"])
def test_other_apis_have_none(api: str) -> None:
    more = {"product": "p", "level": "n"} if api == "generic" else {}
    given = {"id": "x", "api": api, "url": "https://x.example", **more}
    found: Source = TypeAdapter(StockApi).validate_python(given)
    assert found.webhook() is None
