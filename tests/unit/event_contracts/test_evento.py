"""How bytes become an event: every reason, and what holds for all bytes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.events import NOW, SEED

from event_contracts import evento as module
from event_contracts.evento import (
    MAX_PRECO,
    MAX_QUANTIDADE,
    Evento,
    TipoEvento,
    decode_evento,
    decode_eventos,
    encode_evento,
)
from event_contracts.record import MAX_AHEAD, MAX_RECORD_BYTES, OLDEST, TooManyElementsError
from event_contracts.rejection import OF_A_STORE, Motivo, Rejeicao

COMPRA = {
    **SEED,
    "tipo_evento": "compra",
    "id_pedido": "o1",
    "quantidade": 2,
    "preco": 39.9,
}


NO_PRICES = [
    *("", "caro", "NaN", "Infinity", "1e999999999", "-1", "-0", "+19.90", "1.990E+1", "19.", ".5"),
    *("1_9.9_0", " 19.90 ", "19.90\n", "１９.９０", "19,90", "39.900", "100000000", "0x10"),
]
NOTHINGS = [
    *("undefined", "null", "NaN", "[object Object]", "Undefined", "NULL", " null ", "NaN\u00a0"),
    *(" ", "   ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u200d\u200c"),
]
NIL_UUIDS = [
    str(UUID(int=0)),
    "0" * 32,
    f"urn:uuid:{UUID(int=0)}",
    f"URN:UUID:{UUID(int=0)}",
    f"{{{UUID(int=0)}}}",
]
UNSTORABLE = ["p\u0000", "a\nb", "a\tb", "p\u007f", "p\u0085", "p\u2028", "p\u2029", " \n"]
STORABLE = [
    *(
        "caneca\u00a0azul",
        "kit-👨‍👩‍👧",
        "می‌خواهم",
        "商品　赤",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "\ue000",
        "\uffff",
        "a\u00adb",
    ),
    *(
        " p ",
        "null-7",
        "nullo",
        "nan",
        "undefined1",
        "banana",
        "[object Object",
        "0",
        "x" * 128,
        "é" * 64,
    ),
]


def decode(value: object) -> Evento:
    decoded = decode_evento(json.dumps(value).encode(), received_at=NOW)
    assert isinstance(decoded, Evento), decoded
    return decoded


def reasons(raw: bytes | None) -> list[tuple[Motivo, str | None]]:
    decoded = decode_evento(raw, received_at=NOW)
    assert isinstance(decoded, list)
    return [(rejection.motivo, rejection.campo) for rejection in decoded]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in COMPRA.items() if key != name}


def test_the_smallest_event() -> None:
    assert decode(SEED) == Evento(
        id_usuario="u123",
        tipo_evento=TipoEvento.CLIQUE,
        id_produto="p456",
        timestamp=datetime(2025, 5, 14, 19, 16, tzinfo=UTC),
    )


def test_a_purchase() -> None:
    compra = decode(COMPRA | {"id_evento": "0B6F7F5E-55A5-4A3C-8A4B-4F5D5B5E5A5D", "versao": 1})
    assert (compra.id_pedido, compra.quantidade, compra.preco) == ("o1", 2, Decimal("39.9"))
    assert compra.id_evento == "0B6F7F5E-55A5-4A3C-8A4B-4F5D5B5E5A5D"


@pytest.mark.parametrize("tipo", ["clique", "adicao_carrinho", "sonda"])
def test_what_is_no_sale_needs_no_more_than_the_smallest_event(tipo: str) -> None:
    assert decode(SEED | {"tipo_evento": tipo}).tipo_evento is TipoEvento(tipo)
    for name in SEED:
        value = {k: v for k, v in SEED.items() if k != name} | {"versao": 1}
        if name != "tipo_evento":
            value["tipo_evento"] = tipo
        assert reasons(json.dumps(value).encode()) == [(Motivo.CAMPO_AUSENTE, name)]


@pytest.mark.parametrize("tipo", ["compra", "devolucao", "cancelamento"])
@pytest.mark.parametrize("name", ["id_pedido", "quantidade", "preco"])
def test_what_is_bought_and_what_is_taken_back_need_the_same(tipo: str, name: str) -> None:
    value = COMPRA | {"tipo_evento": tipo}
    assert decode(value).tipo_evento == tipo
    decoded = decode_evento(json.dumps(value | {name: None}).encode(), received_at=NOW)
    assert decoded == [Rejeicao(Motivo.CAMPO_AUSENTE, name, f"required for a {tipo}")]


@pytest.mark.parametrize(
    ("raw", "motivo"),
    [
        (None, Motivo.VAZIO),
        (b"", Motivo.VAZIO),
        (b" " * (MAX_RECORD_BYTES + 1), Motivo.GRANDE_DEMAIS),
        (b'{"id_usuario": "\xff"}', Motivo.NAO_UTF8),
        (b'{"outro": "\xc3\x28"}', Motivo.NAO_UTF8),
        (b"   ", Motivo.NAO_JSON),
        (b"{", Motivo.NAO_JSON),
        (b"{} {}", Motivo.NAO_JSON),
        (b"NaN", Motivo.NAO_JSON),
        (b"\xef\xbb\xbf{}", Motivo.NAO_JSON),
        (b"[" * 60_000, Motivo.NAO_JSON),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, Motivo.NAO_JSON),
        (b'{"id_usuario": "\\ud800"}', Motivo.NAO_JSON),
        (b"[]", Motivo.NAO_OBJETO),
        (b"null", Motivo.NAO_OBJETO),
        (b'"clique"', Motivo.NAO_OBJETO),
    ],
)
def test_a_record_that_is_no_object(raw: bytes | None, motivo: Motivo) -> None:
    assert reasons(raw) == [(motivo, None)]


@pytest.mark.parametrize(
    ("value", "motivo", "campo"),
    [
        (without("id_usuario"), Motivo.CAMPO_AUSENTE, "id_usuario"),
        (without("tipo_evento"), Motivo.CAMPO_AUSENTE, "tipo_evento"),
        (without("id_produto"), Motivo.CAMPO_AUSENTE, "id_produto"),
        (without("timestamp"), Motivo.CAMPO_AUSENTE, "timestamp"),
        (without("id_pedido"), Motivo.CAMPO_AUSENTE, "id_pedido"),
        (without("quantidade"), Motivo.CAMPO_AUSENTE, "quantidade"),
        (without("preco"), Motivo.CAMPO_AUSENTE, "preco"),
        (COMPRA | {"preco": None}, Motivo.CAMPO_AUSENTE, "preco"),
        (SEED | {"id_usuario": 123}, Motivo.TIPO_ERRADO, "id_usuario"),
        (SEED | {"id_usuario": None}, Motivo.TIPO_ERRADO, "id_usuario"),
        (SEED | {"id_produto": ["p456"]}, Motivo.TIPO_ERRADO, "id_produto"),
        (SEED | {"tipo_evento": 1}, Motivo.TIPO_ERRADO, "tipo_evento"),
        (SEED | {"timestamp": "ontem"}, Motivo.TIPO_ERRADO, "timestamp"),
        (SEED | {"timestamp": 1747250160}, Motivo.TIPO_ERRADO, "timestamp"),
        (SEED | {"id_evento": 7}, Motivo.TIPO_ERRADO, "id_evento"),
        (SEED | {"enviado_em": "agora"}, Motivo.TIPO_ERRADO, "enviado_em"),
        (SEED | {"enviado_em": 1747250160}, Motivo.TIPO_ERRADO, "enviado_em"),
        (SEED | {"id_sessao": {}}, Motivo.TIPO_ERRADO, "id_sessao"),
        (SEED | {"quantidade": 1.5}, Motivo.TIPO_ERRADO, "quantidade"),
        (SEED | {"quantidade": True}, Motivo.TIPO_ERRADO, "quantidade"),
        (SEED | {"preco": "caro"}, Motivo.TIPO_ERRADO, "preco"),
        (SEED | {"versao": "1"}, Motivo.TIPO_ERRADO, "versao"),
        (SEED | {"tipo_evento": "cliques"}, Motivo.TIPO_EVENTO_DESCONHECIDO, "tipo_evento"),
        (SEED | {"tipo_evento": ""}, Motivo.TIPO_EVENTO_DESCONHECIDO, "tipo_evento"),
        (SEED | {"id_usuario": ""}, Motivo.FORA_DA_FAIXA, "id_usuario"),
        (SEED | {"id_usuario": "u" * 129}, Motivo.FORA_DA_FAIXA, "id_usuario"),
        (SEED | {"id_produto": "ç" * 65}, Motivo.FORA_DA_FAIXA, "id_produto"),
        (SEED | {"id_produto": "p\u0000"}, Motivo.FORA_DA_FAIXA, "id_produto"),
        (SEED | {"id_sessao": "a\nb"}, Motivo.FORA_DA_FAIXA, "id_sessao"),
        (COMPRA | {"quantidade": 0}, Motivo.FORA_DA_FAIXA, "quantidade"),
        (COMPRA | {"quantidade": MAX_QUANTIDADE + 1}, Motivo.FORA_DA_FAIXA, "quantidade"),
        (COMPRA | {"quantidade": 10**30}, Motivo.FORA_DA_FAIXA, "quantidade"),
        (COMPRA | {"preco": -0.01}, Motivo.FORA_DA_FAIXA, "preco"),
        (COMPRA | {"preco": 0.001}, Motivo.FORA_DA_FAIXA, "preco"),
        (COMPRA | {"preco": 1e8}, Motivo.FORA_DA_FAIXA, "preco"),
        *((COMPRA | {"preco": text}, Motivo.TIPO_ERRADO, "preco") for text in NO_PRICES),
        (COMPRA | {"quantidade": 2.5}, Motivo.TIPO_ERRADO, "quantidade"),
        (COMPRA | {"quantidade": 1e300}, Motivo.FORA_DA_FAIXA, "quantidade"),
        *((SEED | {"id_usuario": t}, Motivo.IDENTIFICADOR_NULO, "id_usuario") for t in NOTHINGS),
        *((SEED | {"id_evento": t}, Motivo.IDENTIFICADOR_NULO, "id_evento") for t in NOTHINGS),
        *((SEED | {"id_evento": t}, Motivo.IDENTIFICADOR_NULO, "id_evento") for t in NIL_UUIDS),
        *((SEED | {"id_produto": t}, Motivo.FORA_DA_FAIXA, "id_produto") for t in UNSTORABLE),
        (SEED | {"versao": -1}, Motivo.FORA_DA_FAIXA, "versao"),
        (SEED | {"versao": 2**31}, Motivo.FORA_DA_FAIXA, "versao"),
        (SEED | {"timestamp": "1999-12-31T23:59:59Z"}, Motivo.FORA_DA_FAIXA, "timestamp"),
        (SEED | {"timestamp": "0001-01-01T00:00:00+14:00"}, Motivo.FORA_DA_FAIXA, "timestamp"),
        (SEED | {"timestamp": "9999-12-31T23:59:59-14:00"}, Motivo.FORA_DA_FAIXA, "timestamp"),
        (SEED | {"timestamp": "2025-05-14T19:25:00.000001"}, Motivo.DATA_FUTURA, "timestamp"),
    ],
)
def test_one_thing_wrong(value: dict[str, Any], motivo: Motivo, campo: str) -> None:
    assert reasons(json.dumps(value).encode()) == [(motivo, campo)]


def test_every_reason_has_its_case() -> None:
    marks = [
        *test_a_record_that_is_no_object.pytestmark,  # type: ignore[attr-defined]
        *test_one_thing_wrong.pytestmark,
    ]
    assert {case[1] for mark in marks for case in mark.args[1]} == set(Motivo) - OF_A_STORE


def test_all_that_is_wrong_is_told_and_nothing_quoted() -> None:
    decoded = decode_evento(b'{"id_usuario": 1, "tipo_evento": "segredo"}', received_at=NOW)
    assert isinstance(decoded, list)
    assert [rejection.campo for rejection in decoded] == [
        "id_usuario",
        "tipo_evento",
        "id_produto",
        "timestamp",
    ]
    assert not any("segredo" in rejection.detalhe for rejection in decoded)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-05-14T19:16:00Z", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("2025-05-14T16:16:00-03:00", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("2025-05-14 19:16", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("2025-05-14", datetime(2025, 5, 14, tzinfo=UTC)),
        ("20250514T191600Z", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("2025-05-14T19:25:00", NOW + MAX_AHEAD),
        ("2000-01-01T00:00:00", OLDEST),
    ],
)
def test_times(text: str, instant: datetime) -> None:
    assert decode(SEED | {"timestamp": text}).timestamp == instant
    assert decode(SEED | {"timestamp": text}).timestamp.tzinfo is UTC


@pytest.mark.parametrize(
    ("preco", "written"),
    [
        ("0", "0.00"),
        ("-0.0", "0.00"),
        ("39.9", "39.90"),
        ("39.900", "39.90"),
        ("1e1", "10.00"),
        ("1990E-2", "19.90"),
        ("12", "12.00"),
        ("99999999.99", "99999999.99"),
        ('"0.10"', "0.10"),
        ('"007"', "7.00"),
        ('"99999999.99"', "99999999.99"),
    ],
)
def test_prices(preco: str, written: str) -> None:
    raw = json.dumps(COMPRA | {"preco": 0})[:-1] + f', "preco": {preco}}}'
    decoded = decode_evento(raw.encode(), received_at=NOW)
    assert isinstance(decoded, Evento)
    assert decoded.preco == Decimal(written)
    assert decode_evento(encode_evento(decoded), received_at=NOW) == decoded


@pytest.mark.parametrize("preco", ["19.899999999999999999", "0.001", "-0.01", "1e400", "1e-400"])
@pytest.mark.parametrize("timestamp", ["2025-05-14T19:16:00", "20250514T191600Z"])
def test_a_number_is_exact_whoever_reads_it(preco: str, timestamp: str) -> None:
    """The second form of the timestamp is read by the diagnosis alone."""
    raw = json.dumps(COMPRA | {"timestamp": timestamp, "preco": 0})[:-1] + f', "preco": {preco}}}'
    assert reasons(raw.encode()) == [(Motivo.FORA_DA_FAIXA, "preco")]


@pytest.mark.parametrize("number", ["2.0", "2e0", "20E-1", "0.2e1", "2"])
@pytest.mark.parametrize("name", ["quantidade", "versao"])
def test_an_integer_may_be_written_as_a_number(name: str, number: str) -> None:
    raw = json.dumps(COMPRA)[:-1] + f', "{name}": {number}}}'
    decoded = decode_evento(raw.encode(), received_at=NOW)
    assert isinstance(decoded, Evento)
    assert getattr(decoded, name) == 2


@pytest.mark.parametrize("text", STORABLE)
@pytest.mark.parametrize("name", ["id_usuario", "id_produto", "id_evento", "id_sessao"])
def test_texts(name: str, text: str) -> None:
    assert getattr(decode(SEED | {name: text}), name) == text


@pytest.mark.parametrize(
    ("sent_at", "shift"),
    [
        pytest.param("2025-05-14T19:20:00Z", 0, id="a clock that is right"),
        pytest.param("2025-05-14T19:19:55Z", 0, id="five seconds on the way"),
        pytest.param("2025-05-14T19:19:54Z", 6, id="slow"),
        pytest.param("2025-05-14T16:20:00", 3 * 3600, id="local time said to be UTC"),
        pytest.param("2025-05-14T16:20:00-03:00", 0, id="local time with its offset"),
        pytest.param("2025-05-15T19:20:00Z", -24 * 3600, id="a day ahead"),
        pytest.param("2025-05-15T19:20:01Z", 0, id="more than a day ahead"),
        pytest.param("1970-01-01", 0, id="a clock that was never set"),
        pytest.param("9999-12-31T23:59:59-14:00", 0, id="outside the calendar"),
    ],
)
def test_a_clock_is_corrected_by_its_difference_to_the_arrival(sent_at: str, shift: int) -> None:
    evento = decode(SEED | {"timestamp": "2025-05-14T13:16:00", "enviado_em": sent_at})
    expected = datetime(2025, 5, 14, 13, 16, tzinfo=UTC) + timedelta(seconds=shift)
    assert (evento.timestamp, evento.enviado_em) == (expected, None)
    later = decode_evento(encode_evento(evento), received_at=NOW + timedelta(hours=7))
    assert later == evento


def test_an_event_of_a_fast_clock_is_not_in_the_future() -> None:
    fast = SEED | {"timestamp": "2025-05-14T21:19:58", "enviado_em": "2025-05-14T21:20:00"}
    assert decode(fast).timestamp == datetime(2025, 5, 14, 19, 19, 58, tzinfo=UTC)
    after = fast | {"timestamp": "2025-05-14T21:26:00"}
    assert reasons(json.dumps(after).encode()) == [(Motivo.DATA_FUTURA, "timestamp")]


def test_the_last_of_two_fields_of_one_name_counts() -> None:
    raw = json.dumps(SEED).encode()[:-1] + b', "id_usuario": "u9"}'
    decoded = decode_evento(raw, received_at=NOW)
    assert isinstance(decoded, Evento)
    assert decoded.id_usuario == "u9"


TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=32).filter(
    lambda text: text.lower() not in {"null", "undefined"} and text != "NaN"
)
EVENTOS = st.builds(
    Evento,
    id_usuario=TEXTS,
    tipo_evento=st.sampled_from(TipoEvento),
    id_produto=TEXTS,
    timestamp=st.timedeltas(timedelta(), NOW - OLDEST).map(OLDEST.__add__),
    id_evento=st.uuids(version=4).map(str) | TEXTS | st.none(),
    id_pedido=TEXTS,
    quantidade=st.integers(1, MAX_QUANTIDADE),
    preco=st.decimals(0, MAX_PRECO, places=2),
    id_sessao=TEXTS | st.none(),
    versao=st.integers(0, 2**31 - 1) | st.none(),
)


@given(EVENTOS)
def test_encoded_and_decoded_again(evento: Evento) -> None:
    assert decode_evento(encode_evento(evento), received_at=NOW) == evento


@given(EVENTOS)
def test_the_diagnosis_agrees_with_the_strict_decoder(evento: Evento) -> None:
    raw = encode_evento(evento)
    assert module._DECODER.diagnose(raw) == module._DECODER.strict.decode(raw)


@given(EVENTOS, st.integers(-14, 14))
def test_an_offset_changes_no_instant(evento: Evento, hours: int) -> None:
    local = evento.timestamp.astimezone(timezone(timedelta(hours=hours)))
    raw = encode_evento(msgspec.structs.replace(evento, timestamp=local))
    assert decode_evento(raw, received_at=NOW) == evento


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
SPOILT = st.builds(
    lambda name, value: COMPRA | {name: value}, st.sampled_from(Evento.__struct_fields__), JSON
)


@given(st.binary(max_size=200) | SPOILT.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_an_event_or_reasons(raw: bytes) -> None:
    decoded = decode_evento(raw, received_at=NOW)
    if isinstance(decoded, Evento):
        assert decode_evento(encode_evento(decoded), received_at=NOW) == decoded
    else:
        assert decoded
        assert {rejection.motivo for rejection in decoded} <= set(Motivo)


def _is_json(value: Any) -> bool:
    """Python writes Infinity and NaN, which leave no JSON around them either."""
    try:
        return bool(json.dumps(value, allow_nan=False))
    except ValueError:
        return False


@given(st.lists(SPOILT.filter(_is_json) | EVENTOS.map(encode_evento).map(json.loads), max_size=4))
def test_an_array_is_decided_event_by_event(values: list[Any]) -> None:
    raws = [json.dumps(value).encode() for value in values]
    expected = [decode_evento(raw, received_at=NOW) for raw in raws]
    assert decode_eventos(b"[" + b",".join(raws) + b"]", received_at=NOW, at_most=9) == expected


def test_an_array_with_what_is_no_event() -> None:
    good = json.dumps(SEED).encode()
    large = json.dumps(SEED | {"nota": "x" * MAX_RECORD_BYTES}).encode()
    raws = [good, large, b'{"a": "\xff"}', b"7"]
    found = decode_eventos(b"[" + b",".join(raws) + b"]", received_at=NOW, at_most=9)
    assert found == [decode_evento(raw, received_at=NOW) for raw in raws]
    assert decode_eventos(b"[{},", received_at=NOW, at_most=9) is None
    assert decode_eventos(b'[{"a": "\\ud800"}]', received_at=NOW, at_most=9) is None
    assert decode_eventos(good, received_at=NOW, at_most=9) is None


@pytest.mark.parametrize("value", [SEED, 0])
def test_an_array_longer_than_its_reader_takes(value: object) -> None:
    array = json.dumps([value] * 3).encode()
    assert len(decode_eventos(array, received_at=NOW, at_most=3) or []) == 3
    with pytest.raises(TooManyElementsError):
        decode_eventos(array, received_at=NOW, at_most=2)
