"""A body of Segment's clients becomes messages; what is wrong with it costs no other call."""

import json
from contextlib import nullcontext
from time import process_time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.events import NOW

from event_contracts.evento import Evento, decode_evento
from event_producer.refusal import MAX_BODY_BYTES, MAX_EVENTOS, RefusedError
from event_producer.segment import SkipReason
from event_producer.segment_intake import SegmentIntake, take_in_calls

TIME = "2025-05-14T19:16:00Z"
VIEWED = {
    "type": "track",
    "event": "Product Viewed",
    "userId": "u1",
    "messageId": "m1",
    "timestamp": TIME,
    "properties": {"product_id": "p1"},
}
ORDERED = VIEWED | {
    "event": "Order Completed",
    "properties": {
        "order_id": 12,
        "products": [
            {"product_id": "p1", "price": 19.90, "quantity": 2},
            {"product_id": "p2", "price": 19.901},
            {"price": "5"},
            {"sku": "p4", "price": "5"},
        ],
    },
}


def take(body: bytes | object, type_of_call: str | None = "track") -> SegmentIntake:
    ids = iter(range(1, 10_000))
    return take_in_calls(
        body if isinstance(body, bytes) else json.dumps(body).encode(),
        type_of_call=type_of_call,
        received_at=NOW,
        headers={},
        new_id=lambda: UUID(int=next(ids)),
    )


def values(taken: SegmentIntake) -> list[dict[str, Any]]:
    return [json.loads(message.value) for message in taken.intake.messages]


def test_one_call() -> None:
    [message] = take(VIEWED).intake.messages
    assert message.key == "u1"
    assert json.loads(message.value) == {
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "timestamp": TIME,
        "id_evento": "m1",
    }


def test_the_path_tells_the_type_of_a_single_call() -> None:
    assert values(take(VIEWED | {"type": "page"}))[0]["tipo_evento"] == "clique"
    assert take(VIEWED, "page").skipped == [SkipReason.OUTRA_CHAMADA]


def test_the_good_lines_of_an_order_are_taken() -> None:
    taken = take(ORDERED)
    assert [(v["id_evento"], v["id_produto"], v["preco"]) for v in values(taken)] == [
        ("m1/0", "p1", "19.90"),
        ("m1/3", "p4", "5"),
    ]
    assert [(index, p.campo, p.motivo) for index, p in taken.intake.problems] == [
        (1, "preco", "fora_da_faixa"),
        (2, "id_produto", "campo_ausente"),
    ]


def test_an_event_without_an_id_is_given_one() -> None:
    nameless = {name: value for name, value in ORDERED.items() if name != "messageId"}
    assert [v["id_evento"] for v in values(take(nameless))] == [
        str(UUID(int=1)),
        str(UUID(int=2)),
    ]


def test_a_clock_that_is_wrong_is_put_right() -> None:
    ahead = {"timestamp": "2025-05-14T22:16:00Z", "sentAt": "2025-05-14T22:20:00Z"}
    assert values(take(VIEWED | ahead))[0]["timestamp"] == TIME
    batch = {"batch": [VIEWED | {"timestamp": ahead["timestamp"]}], "sentAt": ahead["sentAt"]}
    assert values(take(batch, None))[0]["timestamp"] == TIME
    own = {"batch": [VIEWED | ahead], "sentAt": TIME}
    assert values(take(own, None))[0]["timestamp"] == TIME


def test_a_batch() -> None:
    calls = [VIEWED, {"type": "identify", "userId": "u1"}, "x", VIEWED | {"event": "x"}, ORDERED]
    taken = take({"batch": calls, "writeKey": "w"}, None)
    assert [v["id_produto"] for v in values(taken)] == ["p1", "p1", "p4"]
    assert taken.skipped == [SkipReason.OUTRA_CHAMADA, SkipReason.ILEGIVEL, SkipReason.OUTRO_EVENTO]
    assert take({"batch": []}, None).intake.messages == []


def test_half_a_character_costs_no_more_than_itself() -> None:
    cut = json.dumps(VIEWED | {"userId": "a\ud83d", "context": {"title": "caf\\ud83d 😀"}})
    assert "\\ud83d\\ude00" in cut
    body = f'{{"batch": [{cut}, {json.dumps(ORDERED)}]}}'.encode()
    assert [v["id_usuario"] for v in values(take(body, None))] == ["a\ufffd", "u1", "u1"]


def test_a_number_is_taken_as_it_is_written() -> None:
    body = json.dumps(ORDERED).replace("19.901", "100000000000000000.1e-15").encode()
    assert [v["preco"] for v in values(take(body))] == ["19.90", "5"]
    exact = json.dumps(ORDERED).replace("19.901", "1.990e1").encode()
    assert [v["preco"] for v in values(take(exact))] == ["19.90", "19.90", "5"]


def test_texts_that_are_too_long_are_refused_by_their_reason_on_each_line() -> None:
    """12 KB became 16 MB when each line had them whole."""
    order = {"order_id": "o" * 3000, "products": [{"product_id": "p", "price": 1}] * 50}
    long = {"userId": "u" * 3000, "messageId": "m" * 3000}
    problems = take(ORDERED | long | {"properties": order}).intake.problems
    assert sorted((index, p.campo, p.motivo) for index, p in problems) == [
        (index, name, "fora_da_faixa")
        for index in range(50)
        for name in ("id_evento", "id_pedido", "id_usuario")
    ]
    [(_, problem)] = take(VIEWED | {"timestamp": TIME + "0" * 3000}).intake.problems
    assert (problem.campo, problem.motivo) == ("timestamp", "tipo_errado")


@pytest.mark.parametrize("n_products", [MAX_EVENTOS, MAX_EVENTOS + 1])
def test_one_order_becomes_no_more_events_than_a_request_may_hold(n_products: int) -> None:
    body = json.dumps(ORDERED | {"properties": {"products": [0] * n_products}}).encode()
    with pytest.raises(RefusedError) if n_products > MAX_EVENTOS else nullcontext() as caught:
        assert {index for index, _ in take(body).intake.problems} == set(range(MAX_EVENTOS))
    assert caught is None or caught.value.status == 413


def test_a_batch_becomes_no_more_events_than_a_request_may_hold() -> None:
    half = VIEWED | {"event": "Order Completed", "properties": {"products": [0] * 5000}}
    for batch in ([half, half, VIEWED], [0] * (MAX_EVENTOS + 1)):
        with pytest.raises(RefusedError) as caught:
            take({"batch": batch}, None)
        assert caught.value.status == 413


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_costs_no_more_than_what_it_stands_in(number: str) -> None:
    lines = [{"product_id": f"p{n}", "price": 1, "quantity": 1} for n in range(3)]
    lines[0]["price"] = lines[1]["quantity"] = float(number)
    order = {"order_id": "o", "total": float(number), "products": lines}
    text = VIEWED | {"userId": f'u", {number} "', "context": {"screen": float(number)}}
    taken = take({"batch": [ORDERED | {"properties": order}, text]}, None)
    assert [v["id_produto"] for v in values(taken)] == ["p2", "p1"]
    assert values(taken)[1]["id_usuario"] == f'u", {number} "'
    assert [(index, p.campo, p.motivo) for index, p in taken.intake.problems] == [
        (0, "preco", "tipo_errado"),
        (1, "quantidade", "tipo_errado"),
    ]


@pytest.mark.parametrize(
    ("field", "left"),
    [("type", SkipReason.OUTRA_CHAMADA), ("event", SkipReason.OUTRO_EVENTO), ("userId", None)],
)
def test_what_is_no_number_is_no_text_either(field: str, left: SkipReason | None) -> None:
    taken = take({"batch": [VIEWED | {field: float("nan")}, VIEWED]}, None)
    assert (len(taken.intake.messages), taken.skipped) == (1, [left] if left else [])
    assert [p.campo for _, p in taken.intake.problems] == ([] if left else ["id_usuario"])


@pytest.mark.parametrize("text", [b'"', b'"\\"', b"NaN", b"-", b"\\"])
def test_a_broken_body_is_looked_through_once(text: bytes) -> None:
    """The time of a backtracking search would be the square of the length."""
    began = process_time()
    with pytest.raises(RefusedError):
        take(b'{"batch": [' + text * (MAX_BODY_BYTES // len(text)), None)
    assert process_time() - began < 10


@pytest.mark.parametrize("broken", [b"1" * 5000, b'"\xff"'])
def test_a_call_that_cannot_be_read_is_left(broken: bytes) -> None:
    good = json.dumps(VIEWED).encode()
    taken = take(b'{"batch": [' + good + b', {"userId": ' + broken + b"}]}", None)
    assert (len(taken.intake.messages), taken.skipped) == (1, [SkipReason.ILEGIVEL])


@pytest.mark.parametrize(
    ("body", "type_of_call"),
    [
        (b"", "track"),
        (b"[]", "track"),
        (b"{", "track"),
        (b'{"event": "\xff"}', "track"),
        (b"{}", None),
        (b"[]", None),
        (b'{"batch": null}', None),
        (b'{"batch": {}}', None),
        (b'{"batch": [], "sentAt": nan}', None),
        (b'{"batch": NaN}', None),
        (b"NaN", "track"),
        (b"-Infinity", None),
        (b'{"batch": [' + b"[" * 5000 + b"]" * 5000 + b"]}", None),
    ],
)
def test_no_call_at_all(body: bytes, type_of_call: str | None) -> None:
    with pytest.raises(RefusedError) as caught:
        take(body, type_of_call)
    assert caught.value.status == 400


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
    | st.sampled_from(["p1", "BRL", TIME, "19.90", "undefined"])
)
JSON = st.recursive(
    SCALARS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some),
    max_leaves=6,
)
PRODUCTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("product_id", "sku", "price", "quantity"), JSON)
)
PROPERTIES = JSON | st.fixed_dictionaries(
    {"products": JSON | st.lists(PRODUCTS | JSON, max_size=4)},
    optional={"order_id": JSON, "currency": st.just("BRL") | JSON, "product_id": JSON},
)
EVENTS = st.sampled_from(["Product Viewed", "Product Added", "Order Completed", "Order Refunded"])
OPTIONAL = ("userId", "anonymousId", "messageId", "timestamp", "originalTimestamp", "sentAt")
CALLS = JSON | st.fixed_dictionaries(
    {"type": st.just("track") | JSON, "event": EVENTS | JSON, "properties": PROPERTIES},
    optional={**dict.fromkeys(OPTIONAL, JSON), "context": JSON},
)


@given(st.lists(CALLS, max_size=4), JSON)
def test_whatever_a_call_holds_what_is_taken_keeps_the_contract(
    calls: list[Any], sent_at: object
) -> None:
    taken = take({"batch": calls, "sentAt": sent_at}, None)
    for message in taken.intake.messages:
        evento = decode_evento(message.value, received_at=NOW)
        assert isinstance(evento, Evento)
        assert (evento.id_usuario, evento.id_evento is None) == (message.key, False)
    refused = {index for index, _ in taken.intake.problems}
    assert len(taken.skipped) + bool(taken.intake.messages) + bool(refused) >= bool(calls)
    assert take({"batch": calls, "sentAt": sent_at}, None) == taken


@given(JSON, st.sampled_from(["track", "page", None]))
def test_any_json_is_taken_left_or_no_call(value: object, type_of_call: str | None) -> None:
    is_call = isinstance(value, dict)
    if isinstance(value, dict) and type_of_call is None:
        is_call = isinstance(value.get("batch"), list)
    with nullcontext() if is_call else pytest.raises(RefusedError, match="a JSON object"):
        assert take(value, type_of_call).intake.messages == []
