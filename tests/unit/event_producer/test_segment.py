"""What becomes of a call of Segment's clients."""

from typing import Any

import pytest
from msgspec import Raw, json

from event_producer.segment import Call, SkipReason, events_of

RECEIVED_AT = "2025-05-14T19:20:00+00:00"
TIME = "2025-05-14T19:16:00Z"
VIEWED = {
    "tipo_evento": "clique",
    "id_usuario": "u1",
    "id_produto": "p1",
    "timestamp": TIME,
    "id_evento": "m1",
}


def tracked(event: object, properties: object, **fields: object) -> Call:
    known: dict[str, Any] = {"user_id": "u1", "message_id": "m1", "timestamp": TIME} | fields
    return Call(type="track", event=event, properties=properties, **known)


def viewed(product: object = None, **fields: object) -> Call:
    return tracked("Product Viewed", {"product_id": "p1"} if product is None else product, **fields)


def ordered(event: str = "Order Completed", **properties: object) -> Call:
    return tracked(event, {"order_id": "o1", "products": [{"product_id": "p1"}]} | properties)


def events(call: Call) -> list[dict[str, Any]]:
    found = events_of(call, received_at=RECEIVED_AT)
    assert not isinstance(found, SkipReason)
    return list(found)


def event(call: Call) -> dict[str, Any]:
    [found] = events(call)
    return found


@pytest.mark.parametrize(
    ("name", "tipo"),
    [
        ("Product Viewed", "clique"),
        ("Product Added", "adicao_carrinho"),
        ("Order Completed", "compra"),
        ("Order Refunded", "devolucao"),
        ("Order Cancelled", "cancelamento"),
        ("Viewed Product", "clique"),
        ("Added Product", "adicao_carrinho"),
        ("Completed Order", "compra"),
        ("Refunded Order", "devolucao"),
        ("product_viewed", "clique"),
        ("orderCompleted", "compra"),
        (" Product Viewed ", "clique"),
    ],
)
def test_the_name_of_an_event_tells_its_type(name: str, tipo: str) -> None:
    properties = {"product_id": "p1", "products": [{"product_id": "p1"}]}
    assert event(tracked(name, properties))["tipo_evento"] == tipo


@pytest.mark.parametrize(
    "name",
    ["Product Clicked", "Product Removed", "Order Updated", "Product", "", None, 7, ["Order"], {}],
)
def test_any_other_event_is_left(name: object) -> None:
    assert events_of(tracked(name, {}), received_at=RECEIVED_AT) is SkipReason.OUTRO_EVENTO


@pytest.mark.parametrize(
    "type_of_call", ["page", "screen", "identify", "group", "alias", None, "Track", 1, {}]
)
def test_any_other_call_is_left(type_of_call: object) -> None:
    call = Call(type=type_of_call, event="Product Viewed", properties={"product_id": "p1"})
    assert events_of(call, received_at=RECEIVED_AT) is SkipReason.OUTRA_CHAMADA


def test_what_is_not_said_is_absent() -> None:
    assert event(viewed()) == VIEWED
    assert events(Call(type="track", event="Product Viewed")) == [
        {"tipo_evento": "clique", "timestamp": RECEIVED_AT}
    ]


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ({"product_id": "p", "sku": "s", "variant": "v"}, "p"),
        ({"sku": "s", "variant": "v"}, "s"),
        ({"product_id": None, "sku": "", "variant": "v"}, "v"),
        ({"product_id": 17}, "17"),
        ({"product_id": 2**80}, str(2**80)),
        ({"product_id": True}, {}),
        ({"product_id": "p" * 128}, "p" * 128),
        ({"product_id": "p" * 5000}, "-" * 129),
        ({"product_id": "ç" * 65}, "-" * 129),
        ({"product_id": ["p"]}, {}),
    ],
)
def test_product(product: dict[str, object], expected: object) -> None:
    assert event(viewed(product))["id_produto"] == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user_id": "u1", "anonymous_id": "a1"}, "u1"),
        ({"user_id": None, "anonymous_id": "a1"}, "a1"),
        ({"user_id": "", "anonymous_id": "a1"}, "a1"),
        ({"user_id": 0, "anonymous_id": "a1"}, "0"),
        ({"user_id": {"id": 1}}, {}),
    ],
)
def test_customer(fields: dict[str, object], expected: object) -> None:
    assert event(viewed(**fields))["id_usuario"] == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"timestamp": "t", "sent_at": "s"}, {"timestamp": "t", "enviado_em": "s"}),
        ({"timestamp": "t", "original_timestamp": "o"}, {"timestamp": "o"}),
        ({"timestamp": None, "sent_at": "s"}, {"timestamp": RECEIVED_AT}),
        ({"timestamp": 1747250160000}, {"timestamp": {}}),
    ],
)
def test_moments(fields: dict[str, object], expected: dict[str, object]) -> None:
    found = event(viewed(**fields))
    assert {n: found[n] for n in ("timestamp", "enviado_em") if n in found} == expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"sessionId": "s1"}, "s1"),
        ({"sessionId": 1747250160}, "1747250160"),
        ({"sessionId": ""}, None),
        ({"sessionId": "undefined"}, None),
        ({"sessionId": {}}, None),
        ({}, None),
        ("s1", None),
    ],
)
def test_a_session_is_taken_where_it_is_one(context: object, expected: object) -> None:
    assert event(viewed(context=context)).get("id_sessao") == expected


def test_an_order_is_one_event_for_each_product() -> None:
    products = [{"product_id": "p1", "price": "19.90", "quantity": 2}, {"sku": "p2", "price": 5}]
    common = {"tipo_evento": "compra", "id_usuario": "u1", "timestamp": TIME, "id_pedido": "o1"}
    assert events(ordered(products=products)) == [
        common | {"id_evento": "m1/0", "id_produto": "p1", "quantidade": 2, "preco": "19.90"},
        common | {"id_evento": "m1/1", "id_produto": "p2", "quantidade": 1, "preco": 5},
    ]


@pytest.mark.parametrize("event_name", ["Order Completed", "Order Refunded", "Order Cancelled"])
@pytest.mark.parametrize("products", [None, [], {}, "p1", {"product_id": "p1"}])
def test_an_order_without_products_is_left(event_name: str, products: object) -> None:
    call = ordered(event_name, products=products)
    assert events_of(call, received_at=RECEIVED_AT) is SkipReason.SEM_PRODUTOS


@pytest.mark.parametrize("currency", ["BRL", "brl", " BRL ", "", None])
def test_reais(currency: object) -> None:
    assert event(ordered(currency=currency))["id_pedido"] == "o1"


@pytest.mark.parametrize("currency", ["USD", "R$", 986, ["BRL"], False])
def test_an_order_in_another_currency_is_left(currency: object) -> None:
    assert events_of(ordered(currency=currency), received_at=RECEIVED_AT) is SkipReason.OUTRA_MOEDA


def test_what_has_no_price_has_no_currency_either() -> None:
    assert event(viewed({"product_id": "p1", "currency": "usd"})) == VIEWED


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        ("m1", "m1/0"),
        (7, "7/0"),
        (None, None),
        ("", ""),
        ("undefined", "undefined"),
        ("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"),
        (False, {}),
        ({"id": 1}, {}),
        ("m" * 126, "m" * 126 + "/0"),
        ("m" * 127, "4548c258-98d4-5044-9e78-ca2637eb73b6"),
        ("ç" * 64, "1d105019-d43d-5344-a37c-f3c5718669c1"),
        ("m" * 129, "-" * 129),
    ],
)
def test_the_id_of_a_line(message_id: object, expected: object) -> None:
    call = tracked("Order Completed", {"products": [{}]}, message_id=message_id)
    assert event(call).get("id_evento") == expected


@pytest.mark.parametrize("product", ["p1", None, 3, ["p1"]])
def test_a_product_that_is_no_object_has_no_id(product: object) -> None:
    assert "id_produto" not in event(ordered(products=[product]))


def test_a_line_repeats_nothing_that_is_large() -> None:
    wrong = ["x" * 100_000, 10**4000, Raw(b"1." + b"1" * 100_000), ["x"] * 100_000]
    names = ("user_id", "message_id", "original_timestamp", "sent_at")
    for value in wrong:
        properties = {"order_id": value, "products": [0] * 3}
        lines = events(tracked("Order Completed", properties, **dict.fromkeys(names, value)))
        assert [len(json.encode(line)) < 1000 for line in lines] == [True] * 3
