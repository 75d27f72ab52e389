"""How bytes become a stock update: every reason, and how times are read."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.estoque import (
    MAX_NIVEL,
    AtualizacaoEstoque,
    decode_estoque,
    decode_estoques,
    encode_estoque,
)
from event_contracts.json_schema import stock_schema
from event_contracts.record import MAX_AHEAD, MAX_RECORD_BYTES, OLDEST, TooManyElementsError
from event_contracts.rejection import Motivo

NOW = datetime(2025, 5, 14, 19, 20, tzinfo=UTC)
GOOD = {
    "id_produto": "p456",
    "nivel_estoque": 12,
    "ultima_atualizacao": "2025-05-14T19:16:00",
    "id_armazem": "SP-1",
}


def decode(value: object) -> AtualizacaoEstoque:
    decoded = decode_estoque(json.dumps(value).encode(), received_at=NOW)
    assert isinstance(decoded, AtualizacaoEstoque), decoded
    return decoded


def reasons(raw: bytes | None) -> list[tuple[Motivo, str | None]]:
    decoded = decode_estoque(raw, received_at=NOW)
    assert isinstance(decoded, list)
    return [(rejection.motivo, rejection.campo) for rejection in decoded]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_an_update_with_a_field_that_nobody_knows() -> None:
    assert decode(GOOD | {"corredor": 7}) == AtualizacaoEstoque(
        id_produto="p456",
        nivel_estoque=12,
        ultima_atualizacao=datetime(2025, 5, 14, 19, 16, tzinfo=UTC),
        id_armazem="SP-1",
    )


@pytest.mark.parametrize("level", [0, MAX_NIVEL])
def test_levels(level: int) -> None:
    assert decode(GOOD | {"nivel_estoque": level}).nivel_estoque == level


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-05-14T16:16:00-03:00", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("20250514T191600Z", datetime(2025, 5, 14, 19, 16, tzinfo=UTC)),
        ("2025-05-14T19:25:00", NOW + MAX_AHEAD),
        ("2000-01-01", OLDEST),
    ],
)
def test_times(text: str, instant: datetime) -> None:
    moment = decode(GOOD | {"ultima_atualizacao": text}).ultima_atualizacao
    assert (moment, moment.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    ("raw", "motivo"),
    [
        (None, Motivo.VAZIO),
        (b"", Motivo.VAZIO),
        (b" " * (MAX_RECORD_BYTES + 1), Motivo.GRANDE_DEMAIS),
        (b'{"id_produto": "\xff"}', Motivo.NAO_UTF8),
        (b"{", Motivo.NAO_JSON),
        (b"[" * 60_000, Motivo.NAO_JSON),
        (b"[]", Motivo.NAO_OBJETO),
    ],
)
def test_a_record_that_is_no_object(raw: bytes | None, motivo: Motivo) -> None:
    assert reasons(raw) == [(motivo, None)]


@pytest.mark.parametrize(
    ("value", "motivo", "campo"),
    [
        (without("id_produto"), Motivo.CAMPO_AUSENTE, "id_produto"),
        (without("nivel_estoque"), Motivo.CAMPO_AUSENTE, "nivel_estoque"),
        (without("ultima_atualizacao"), Motivo.CAMPO_AUSENTE, "ultima_atualizacao"),
        (without("id_armazem"), Motivo.CAMPO_AUSENTE, "id_armazem"),
        (GOOD | {"id_armazem": None}, Motivo.TIPO_ERRADO, "id_armazem"),
        (GOOD | {"nivel_estoque": 1.5}, Motivo.TIPO_ERRADO, "nivel_estoque"),
        (GOOD | {"nivel_estoque": "12"}, Motivo.TIPO_ERRADO, "nivel_estoque"),
        (GOOD | {"ultima_atualizacao": "ontem"}, Motivo.TIPO_ERRADO, "ultima_atualizacao"),
        (GOOD | {"nivel_estoque": -1}, Motivo.FORA_DA_FAIXA, "nivel_estoque"),
        (GOOD | {"nivel_estoque": MAX_NIVEL + 1}, Motivo.FORA_DA_FAIXA, "nivel_estoque"),
        (GOOD | {"nivel_estoque": 10**30}, Motivo.FORA_DA_FAIXA, "nivel_estoque"),
        (GOOD | {"id_produto": ""}, Motivo.FORA_DA_FAIXA, "id_produto"),
        (GOOD | {"id_armazem": "a" * 129}, Motivo.FORA_DA_FAIXA, "id_armazem"),
        (GOOD | {"id_armazem": "a\nb"}, Motivo.FORA_DA_FAIXA, "id_armazem"),
        (
            GOOD | {"ultima_atualizacao": "1999-12-31T23:59:59Z"},
            Motivo.FORA_DA_FAIXA,
            "ultima_atualizacao",
        ),
        (
            GOOD | {"ultima_atualizacao": "9999-12-31T23:59:59-14:00"},
            Motivo.FORA_DA_FAIXA,
            "ultima_atualizacao",
        ),
        (
            GOOD | {"ultima_atualizacao": "2025-05-14T19:25:00.000001"},
            Motivo.DATA_FUTURA,
            "ultima_atualizacao",
        ),
    ],
)
def test_one_thing_wrong(value: dict[str, Any], motivo: Motivo, campo: str) -> None:
    assert reasons(json.dumps(value).encode()) == [(motivo, campo)]


def test_all_that_is_wrong_is_told_in_the_order_of_the_fields() -> None:
    assert [campo for _, campo in reasons(b'{"nivel_estoque": "x"}')] == list(GOOD)


@given(st.binary(max_size=100))
def test_any_bytes_are_an_update_or_reasons(raw: bytes) -> None:
    decoded = decode_estoque(raw, received_at=NOW)
    assert isinstance(decoded, AtualizacaoEstoque) or decoded


def test_encoded_and_decoded_again() -> None:
    update = decode(GOOD)
    assert decode_estoque(encode_estoque(update), received_at=NOW) == update


def test_an_array_is_decided_update_by_update() -> None:
    elements = [GOOD, GOOD | {"nivel_estoque": -1}, 7]
    array = json.dumps(elements).encode()
    assert decode_estoques(array, received_at=NOW, at_most=3) == [
        decode_estoque(json.dumps(each).encode(), received_at=NOW) for each in elements
    ]
    with pytest.raises(TooManyElementsError):
        decode_estoques(array, received_at=NOW, at_most=2)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[", b"[1,]", b"[" * 100_000])
def test_no_array(raw: bytes) -> None:
    assert decode_estoques(raw, received_at=NOW, at_most=3) is None


SCHEMA = stock_schema()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-1, 3).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([MAX_NIVEL, MAX_NIVEL + 1, 1.5]),
    st.text(max_size=6),
    st.sampled_from(["null", "a" * 128, "a" * 129, "ã" * 64, "a\n"]),
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), VALUES, max_size=3))
def test_what_the_schema_refuses_is_refused_and_what_it_allows_is_taken(
    changed: dict[str, Any],
) -> None:
    """A moment's text, and how many bytes a text has, no schema can say."""
    document = GOOD | changed
    decoded = decode_estoque(json.dumps(document).encode(), received_at=NOW)
    if not VALIDATOR.is_valid(document):
        assert isinstance(decoded, list), document
    elif isinstance(decoded, list):
        beyond = {p.campo for p in decoded}
        texts = {n for n in ("id_produto", "id_armazem") if len(document[n].encode()) > 128}
        assert beyond <= texts | {"ultima_atualizacao"}, document


def test_the_schema_is_made_of_the_model() -> None:
    assert list(SCHEMA["properties"]) == list(AtualizacaoEstoque.__struct_fields__)
    assert SCHEMA["required"] == list(AtualizacaoEstoque.__struct_fields__)
    assert SCHEMA["properties"]["nivel_estoque"]["maximum"] == MAX_NIVEL
    assert all("description" in each for each in SCHEMA["properties"].values())
