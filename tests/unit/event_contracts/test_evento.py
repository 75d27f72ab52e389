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

from event_contracts import evento as module
from event_contracts.evento import (
    MAX_PRECO,
    MAX_QUANTIDADE,
    Evento,
    TipoEvento,
    decode_evento,
    encode_evento,
    event_name,
)
from event_contracts.record import MAX_AHEAD, MAX_RECORD_BYTES, OLDEST
from event_contracts.rejection import OF_A_STORE, Motivo, Rejeicao

NOW = datetime(2025, 5, 14, 19, 20, tzinfo=UTC)
SEED = {
    "id_usuario": "u123",
    "tipo_evento": "clique",
    "id_produto": "p456",
    "timestamp": "2025-05-14T19:16:00",
}
COMPRA = {
    **SEED,
    "tipo_evento": "compra",
    "id_pedido": "o1",
    "quantidade": 2,
    "preco": 39.9,
}


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
    assert compra.id_evento == UUID("0b6f7f5e-55a5-4a3c-8a4b-4f5d5b5e5a5d")


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
        (SEED | {"id_evento": "7"}, Motivo.TIPO_ERRADO, "id_evento"),
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
        (COMPRA | {"preco": "NaN"}, Motivo.FORA_DA_FAIXA, "preco"),
        (COMPRA | {"preco": "1e999999999"}, Motivo.FORA_DA_FAIXA, "preco"),
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


@pytest.mark.parametrize("preco", [0, "0.10", 39.9, "39.900", float(MAX_PRECO)])
def test_prices(preco: object) -> None:
    assert decode(COMPRA | {"preco": preco}).preco == Decimal(str(preco))


def test_the_last_of_two_fields_of_one_name_counts() -> None:
    raw = json.dumps(SEED).encode()[:-1] + b', "id_usuario": "u9"}'
    decoded = decode_evento(raw, received_at=NOW)
    assert isinstance(decoded, Evento)
    assert decoded.id_usuario == "u9"


TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=32)
EVENTOS = st.builds(
    Evento,
    id_usuario=TEXTS,
    tipo_evento=st.sampled_from(TipoEvento),
    id_produto=TEXTS,
    timestamp=st.timedeltas(timedelta(), NOW - OLDEST).map(OLDEST.__add__),
    id_evento=st.uuids() | st.none(),
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


def test_the_name_of_an_event() -> None:
    nameless = decode(SEED)
    named = msgspec.structs.replace(nameless, id_evento=UUID(int=7))
    assert event_name(nameless, topic="t", partition=2, offset=9) == "t-2-9"
    assert event_name(named, topic="t", partition=2, offset=9) == str(UUID(int=7))
