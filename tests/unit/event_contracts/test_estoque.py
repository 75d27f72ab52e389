"""How bytes become a stock update: every reason, and how times are read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.estoque import MAX_NIVEL, AtualizacaoEstoque, decode_estoque
from event_contracts.record import MAX_AHEAD, MAX_RECORD_BYTES, OLDEST
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
