"""A body becomes messages, or is refused as a whole."""

import json
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.events import NOW, SEED

from event_contracts.evento import Evento, decode_evento
from event_producer.intake import Intake, Message, take_in, uuid7
from event_producer.models import MAX_ERROS
from event_producer.refusal import MAX_EVENTOS, RefusedError

HEADERS: dict[str, str | bytes | None] = {"traceparent": "00-1-2-01"}
NAMED = SEED | {"id_evento": "0b6f7f5e-55a5-4a3c-8a4b-4f5d5b5e5a5d"}


def take(body: bytes, *, partial: bool = False) -> Intake:
    ids = iter(range(1, 10_000))
    return take_in(
        body,
        received_at=NOW,
        headers=HEADERS,
        new_id=lambda: UUID(int=next(ids)),
        partial=partial,
    )


def refusal(body: bytes, *, partial: bool = False) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        take(body, partial=partial)
    return caught.value


def test_one_event() -> None:
    intake = take(json.dumps(SEED).encode())
    [message] = intake.messages
    assert (message.key, message.headers) == ("u123", HEADERS)
    assert json.loads(message.value) == SEED | {
        "timestamp": "2025-05-14T19:16:00Z",
        "id_evento": str(UUID(int=1)),
    }
    assert intake.given_ids == [UUID(int=1)]


def test_ids_are_given_in_order_to_those_that_have_none() -> None:
    intake = take(json.dumps([SEED, NAMED, SEED]).encode())
    ids = [json.loads(message.value)["id_evento"] for message in intake.messages]
    assert ids == [str(UUID(int=1)), NAMED["id_evento"], str(UUID(int=2))]
    assert intake.given_ids == [UUID(int=1), UUID(int=2)]


def test_a_request_holds_so_many_events_and_no_more() -> None:
    named = json.dumps(NAMED).encode()
    assert len(take(b"[" + b",".join([named] * MAX_EVENTOS) + b"]").messages) == MAX_EVENTOS
    for many in ([named] * (MAX_EVENTOS + 1), [named, *[b"0"] * MAX_EVENTOS]):
        assert refusal(b"[" + b",".join(many) + b"]", partial=True).status == 413


def test_an_answer_names_so_many_errors_and_counts_the_others() -> None:
    broken = b"[" + b",".join([b"{}"] * MAX_ERROS) + b"]"
    error = refusal(broken)
    assert len(error.problems) == 4 * MAX_ERROS
    assert len(error.members["erros"]) == MAX_ERROS
    assert error.members["erros_omitidos"] == 3 * MAX_ERROS
    assert [erro.indice for erro in error.members["erros"]] == [
        index for index, _ in error.problems[:MAX_ERROS]
    ]
    assert "erros_omitidos" not in refusal(b"[{}]").members


def test_white_space_around_an_array() -> None:
    assert len(take(b" \n[" + json.dumps(SEED).encode() + b" ]\t").messages) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[",
        b"[1,]",
        b"[{}] x",
        b'"\xff"',
        b'[{"a": "\xff"}]',
        b"[" * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        b'{"a":' * 10_000,
    ],
)
def test_not_json(body: bytes) -> None:
    assert refusal(body).status == 400


def test_an_empty_array() -> None:
    assert (refusal(b"[]").status, refusal(b"[ ]").members) == (422, {"erros": []})


def test_each_bad_event_is_named_and_none_taken() -> None:
    bad: list[Any] = [SEED, SEED | {"tipo_evento": "visita"}, 7, SEED | {"id_produto": ""}]
    refused = refusal(json.dumps(bad).encode())
    assert refused.status == 422
    assert [(e.indice, e.campo, e.motivo) for e in refused.members["erros"]] == [
        (1, "tipo_evento", "tipo_evento_desconhecido"),
        (2, None, "nao_objeto"),
        (3, "id_produto", "fora_da_faixa"),
    ]


def test_of_a_partial_request_the_good_events_are_taken() -> None:
    mixed = [json.dumps(e) for e in (SEED, 7, NAMED, SEED | {"id_usuario": "null", "versao": -1})]
    intake = take(f"[{', '.join(mixed)}]".encode(), partial=True)
    assert [json.loads(m.value)["id_evento"] for m in intake.messages] == [
        str(UUID(int=1)),
        NAMED["id_evento"],
    ]
    assert intake.given_ids == [UUID(int=1)]
    assert [(index, p.motivo, p.campo) for index, p in intake.problems] == [
        (1, "nao_objeto", None),
        (3, "identificador_nulo", "id_usuario"),
        (3, "fora_da_faixa", "versao"),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"[7]", 422), (b"7", 422), (b"[]", 422), (b"[{},", 400), (b"{", 400), (b'"\xff"', 400)],
)
def test_a_partial_request_without_a_good_event_is_refused(body: bytes, status: int) -> None:
    assert refusal(body, partial=True).status == status


def test_a_corrected_clock_is_not_corrected_again() -> None:
    skewed = SEED | {"timestamp": "2025-05-14T20:16:00", "enviado_em": "2025-05-14T20:20:00"}
    [message] = take(json.dumps(skewed).encode()).messages
    value = json.loads(message.value)
    assert (value["timestamp"], "enviado_em" in value) == ("2025-05-14T19:16:00Z", False)


@pytest.mark.parametrize("text", ["ajs-next-0123", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_an_id_that_is_no_uuid_goes_on_as_it_came(text: str) -> None:
    intake = take(json.dumps(SEED | {"id_evento": text}).encode())
    assert json.loads(intake.messages[0].value)["id_evento"] == text
    assert intake.given_ids == []


def taken_unless_refused(body: bytes) -> list[Message]:
    with suppress(RefusedError):
        return take(body).messages
    return []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(SEED),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.binary(max_size=60)
    | st.binary(max_size=20).map(lambda inner: b'["' + inner + b'"]')
    | JSON.map(lambda value: json.dumps(value).encode())
)
def test_any_body_is_taken_or_refused(body: bytes) -> None:
    for message in taken_unless_refused(body):
        evento = decode_evento(message.value, received_at=NOW)
        assert isinstance(evento, Evento)
        assert evento.id_evento is not None
        assert evento.id_usuario == message.key


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_uuid7(milliseconds: int, randomness: int) -> None:
    made = uuid7(milliseconds, randomness)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == milliseconds
    assert (made.int >> 64 & 0xFFF) << 62 | made.int & (1 << 62) - 1 == randomness
