"""One contract for an event: the JSON Schema, HTTP and the stream's decoder say the same of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.events import NOW, SEED

from event_contracts.evento import MAX_QUANTIDADE, MOMENTS, Evento, decode_evento
from event_contracts.json_schema import event_schema
from event_contracts.record import MAX_AHEAD, OLDEST
from event_contracts.rejection import Motivo
from event_contracts.texts import MAX_TEXT_BYTES
from event_producer.eventos_openapi import EVENTO, OPERATION
from event_producer.intake import take_in
from event_producer.refusal import MAX_EVENTOS, RefusedError
from stream_processor.feeds.eventos import decode_eventos

PROBE = SEED | {"tipo_evento": "sonda"}
PURCHASE = SEED | {"tipo_evento": "compra", "id_pedido": "o1", "quantidade": 2, "preco": "39.90"}
TEXTS = ("id_usuario", "id_produto", "id_pedido", "id_sessao", "id_evento")
VALIDATOR = jsonschema_rs.Draft202012Validator(EVENTO)

NIL = "00000000-0000-0000-0000-000000000000"
SEGMENT, ULID = "ajs-next-0123", "01ARZ3NDEKTSV4RRFFQ69G5FAV"
REFUSED = [
    *((f"full width {p}", "preco", p, Motivo.TIPO_ERRADO) for p in ("１９.９０", "１９")),
    *((f"price {p}", "preco", p, Motivo.TIPO_ERRADO) for p in ("1_9.9_0", " 19.90 ", "+19.90")),
    *((f"price {p}", "preco", p, Motivo.TIPO_ERRADO) for p in ("1.990E+1", "19.", ".5", "19.900")),
    *((f"number {p}", "preco", p, Motivo.FORA_DA_FAIXA) for p in (-1, 1e8, -0.01)),
    ("quantity 1.5", "quantidade", 1.5, Motivo.TIPO_ERRADO),
    ("quantity 0.0", "quantidade", 0.0, Motivo.FORA_DA_FAIXA),
    ("control character", "id_produto", "caneca\u0000", Motivo.FORA_DA_FAIXA),
    ("line break", "id_produto", "caneca\nazul", Motivo.FORA_DA_FAIXA),
    ("nil", "id_evento", NIL, Motivo.IDENTIFICADOR_NULO),
    ("nil as urn", "id_evento", f"urn:uuid:{NIL}", Motivo.IDENTIFICADOR_NULO),
    *(
        (f"{field} {text!r}", field, text, Motivo.IDENTIFICADOR_NULO)
        for field in TEXTS
        for text in ("undefined", "null", "[object Object]", "NaN", " ", "NULL", "\u3000")
    ),
]
TAKEN = [
    *(("price", "preco", p, Decimal("19.90")) for p in ("19.90", "19.9", 19.9, 19.90)),
    ("price 1e1", "preco", 1e1, Decimal("10.00")),
    *(("integer", field, 1.0, 1) for field in ("quantidade", "versao")),
    *(
        (text, "id_produto", text, text)
        for text in ("caneca\u00a0azul", "kit-👨\u200d👩\u200d👧", "می\u200cخواهم", "商品\u3000赤")
    ),
    ("a UUID", "id_evento", NIL[:-1] + "a", NIL[:-1] + "a"),
    ("upper case", "id_evento", NIL[:-1] + "A", NIL[:-1] + "a"),
    ("urn", "id_evento", f"urn:uuid:{NIL[:-1]}a", NIL[:-1] + "a"),
    ("braces", "id_evento", f"{{{NIL[:-1]}a}}", NIL[:-1] + "a"),
    ("Segment", "id_evento", SEGMENT, "d14a048d-ed8d-5f81-b9d7-b466138b1a02"),
    ("ULID", "id_evento", ULID, "59fb7af0-bf99-559b-a87e-892ed108f3f6"),
]


def on_kafka(value: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows and dead letters of one record."""
    batch = pa.RecordBatch.from_pydict(
        {
            "key": pa.array([b"k"], pa.binary()),
            "value": pa.array([value], pa.binary()),
            "partition": pa.array([1], pa.int32()),
            "offset": pa.array([40], pa.int64()),
            "timestamp": pa.array([NOW], pa.timestamp("us", tz="UTC")),
        }
    )
    decoded = decode_eventos(batch)
    return decoded.rows.to_pylist(), decoded.dead.to_pylist()


def over_http(body: bytes) -> bytes:
    """What goes to Kafka, or RefusedError."""
    intake = take_in(body, received_at=NOW, headers={}, new_id=lambda: pytest.fail("has an id"))
    return intake.messages[0].value


@pytest.mark.parametrize(
    ("field", "value", "motivo"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_refused_everywhere(field: str, value: object, motivo: Motivo) -> None:
    document = PURCHASE | {"id_evento": SEGMENT, field: value}
    raw = json.dumps(document).encode()
    with pytest.raises(RefusedError) as refused:
        over_http(raw)
    (erro,) = refused.value.members["erros"]
    assert (refused.value.status, erro.motivo, erro.campo) == (422, motivo, field)
    rows, (letter,) = on_kafka(raw)
    assert (rows, letter["motivo"], letter["campo"]) == ([], motivo, field)
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("field", "value", "stored"), [c[1:] for c in TAKEN], ids=[c[0] for c in TAKEN]
)
def test_what_is_taken_everywhere(field: str, value: object, stored: object) -> None:
    document = PURCHASE | {"id_evento": SEGMENT, field: value}
    raw = json.dumps(document).encode()
    for record in (raw, over_http(raw)):
        (row,), dead = on_kafka(record)
        assert (row[field], dead) == (stored, [])
        made_of = document["id_evento"] if document["id_evento"] in (SEGMENT, ULID) else None
        assert row["id_evento_original"] == made_of
    assert VALIDATOR.is_valid(document)


def test_a_probe_is_taken_everywhere_and_needs_no_more_than_a_click() -> None:
    probe = PROBE | {"id_evento": SEGMENT}
    raw = json.dumps(probe).encode()
    for record in (raw, over_http(raw)):
        (row,), dead = on_kafka(record)
        assert (row["tipo_evento"], dead) == ("sonda", [])
    assert VALIDATOR.is_valid(probe)


def test_a_clock_is_corrected_alike_and_once() -> None:
    skewed = PURCHASE | {
        "id_evento": SEGMENT,
        "timestamp": "2025-05-14T22:15:00",
        "enviado_em": "2025-05-14T22:20:00Z",
    }
    raw = json.dumps(skewed).encode()
    for record in (raw, over_http(raw)):
        (row,), _ = on_kafka(record)
        assert row["timestamp"] == datetime(2025, 5, 14, 19, 15)  # noqa: DTZ001


def test_the_document_is_made_of_the_model() -> None:
    assert event_schema().items() <= EVENTO.items()
    assert list(EVENTO["properties"]) == list(Evento.__struct_fields__)
    assert EVENTO["properties"]["quantidade"]["anyOf"][0]["maximum"] == MAX_QUANTIDADE
    body = OPERATION["requestBody"]["content"]["application/json"]["schema"]
    single, several = body["anyOf"]
    assert (single, several["items"]) == (EVENTO, EVENTO)
    assert (several["minItems"], several["maxItems"]) == (1, MAX_EVENTOS)


def beyond_schema(document: dict[str, Any]) -> list[str]:
    """The fields of a valid document that are wrong in a way that JSON Schema cannot say.

    A text that is no moment has a wrong type, and values are looked at where all types are right.
    """
    moments = {n: text for n in MOMENTS if (text := document.get(n)) is not None}
    return [n for n, text in moments.items() if moment_of(text) is None] or [
        *wrong_values(document)
    ]


def wrong_values(document: dict[str, Any]) -> Iterator[str]:
    for name in TEXTS:
        if len((document.get(name) or "").encode()) > MAX_TEXT_BYTES:
            yield name
    price = document.get("preco")
    if isinstance(price, float) and (exact := Decimal(repr(price))) != round(exact, 2):
        yield "preco"
    moment = moment_of(document["timestamp"])
    if moment is None or not OLDEST <= moment <= NOW + MAX_AHEAD:
        yield "timestamp"


def moment_of(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def assert_decided_alike(document: dict[str, Any]) -> None:
    raw = json.dumps(document).encode()
    decoded = decode_evento(raw, received_at=NOW)
    if not VALIDATOR.is_valid(document):
        assert isinstance(decoded, list), document
    elif isinstance(decoded, list):
        assert {p.campo for p in decoded} == set(beyond_schema(document)), document
    else:
        assert beyond_schema(document) == [], document
    rows, dead = on_kafka(raw)
    assert (len(rows), len(dead)) == ((0, 1) if isinstance(decoded, list) else (1, 0))


SOME_MOMENTS = st.timedeltas(OLDEST - NOW, MAX_AHEAD).map(lambda ago: (NOW + ago).isoformat())
DIGITS = st.from_regex(r"\A[+-]?[0-9]{0,9}[.eE_ ]?[0-9]{0,3}\Z")
JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 10**10).map(lambda cents: cents / 100),
    st.integers(-1, MAX_QUANTIDADE + 1).map(float),
    st.text(max_size=6),
    st.text(min_size=40, max_size=150),
    DIGITS,
    SOME_MOMENTS,
    st.sampled_from([case[2] for case in (*REFUSED, *TAKEN)]),
    st.lists(st.none(), max_size=1),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
)
CHANGED = st.builds(
    lambda base, changes, left_out: {k: v for k, v in (base | changes).items() if k != left_out},
    st.sampled_from([SEED, PURCHASE, PROBE]),
    st.dictionaries(st.sampled_from(Evento.__struct_fields__), JSON, max_size=3),
    st.sampled_from(["", "", "", *Evento.__struct_fields__]),
)


@settings(max_examples=1000, deadline=None)
@given(CHANGED)
def test_what_the_schema_refuses_is_refused_and_what_it_allows_is_taken(
    document: dict[str, Any],
) -> None:
    """But for what `beyond_schema` names."""
    assert_decided_alike(document)


def allowed(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a property's own schema allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of(*map(allowed, schema["anyOf"]))
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    made = st.one_of(*(of_type(kind, schema) for kind in types))
    return made.filter(jsonschema_rs.Draft202012Validator(schema).is_valid)


def of_type(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "null":
        return st.none()
    if kind == "string":
        patterned = st.from_regex(schema.get("pattern", ""), fullmatch=True)
        return patterned | st.text(min_size=1) if "minLength" in schema else patterned
    integers = st.integers(schema["minimum"], int(schema["maximum"]))
    return integers | integers.map(float)


PROPERTIES = {name: allowed(schema) for name, schema in EVENTO["properties"].items()}


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.fixed_dictionaries(PROPERTIES | {"timestamp": SOME_MOMENTS, "enviado_em": st.none()}))
def test_documents_made_by_the_schema_are_taken(document: dict[str, Any]) -> None:
    assert_decided_alike(document)


def test_the_property_finds_a_schema_that_is_too_lax(monkeypatch: pytest.MonkeyPatch) -> None:
    lax = EVENTO | {"properties": {}}
    monkeypatch.setattr(f"{__name__}.VALIDATOR", jsonschema_rs.Draft202012Validator(lax))
    with pytest.raises(AssertionError):
        assert_decided_alike(SEED | {"preco": "1."})


def test_the_property_finds_a_schema_that_is_too_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = EVENTO | {"required": [*EVENTO["required"], "versao"]}
    monkeypatch.setattr(f"{__name__}.VALIDATOR", jsonschema_rs.Draft202012Validator(strict))
    with pytest.raises(AssertionError):
        assert_decided_alike(SEED)
