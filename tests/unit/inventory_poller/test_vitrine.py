import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from inventory_poller.adapters.contract import Call, Item, Response, Start, UnreadableError
from inventory_poller.adapters.vitrine import VitrineAdapter, VitrineCredentials

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADAPTER = VitrineAdapter(VitrineCredentials())


def entry(product: str = "p1", level: object = 5, **changes: object) -> dict[str, object]:
    moment = "2026-03-02T11:00:00+00:00"
    return {
        "id_produto": product,
        "nivel_estoque": level,
        "ultima_atualizacao": moment,
        "id_armazem": "cd",
        **changes,
    }


def answer(*entries: object, proximo: str = "r-1", mais: bool = False, **headers: str) -> Response:
    document = {"estoque": entries, "proximo": proximo, "mais": mais}
    return Response(200, headers, json.dumps(document).encode())


def first(cursor: str | None = None) -> Call:
    return ADAPTER.first(Start(cursor, NOW))


def test_it_begins_without_a_cursor_and_goes_on_while_there_is_more() -> None:
    call = first()
    assert call.request.target == "/estoque?limite=1000"
    page = call.read(answer(entry(), proximo="r-1", mais=True))
    assert page.items == [Item("p1", 5, datetime(2026, 3, 2, 11, tzinfo=UTC), "cd")]
    assert page.next is not None
    assert page.next.request.target == "/estoque?cursor=r-1&limite=1000"
    last = page.next.read(answer(entry("p2"), proximo="r-2"))
    assert last.next is None
    assert first(last.cursor).request.target == "/estoque?cursor=r-2&limite=1000"


def test_the_etag_of_a_cursor_is_sent_with_this_cursor_alone() -> None:
    caught_up = first().read(answer(entry(), proximo="r-2", etag='"of the beginning"'))
    again = first(caught_up.cursor)
    assert "If-None-Match" not in again.request.headers
    idle = again.read(answer(proximo="r-2", etag='"idle"'))
    call = first(idle.cursor)
    assert call.request.headers["If-None-Match"] == '"idle"'
    unchanged = call.read(Response(304, {}, b""))
    assert (unchanged.items, unchanged.next, unchanged.cursor) == ([], None, None)


def test_a_cursor_that_is_gone_begins_anew() -> None:
    saved = first().read(answer(proximo="r-2")).cursor
    following = first(saved).read(Response(410, {}, b"")).next
    assert following is not None
    assert following.request.target == "/estoque?limite=1000"


def test_a_cursor_of_another_version_begins_anew() -> None:
    assert first("12").request.target == "/estoque?limite=1000"


def test_a_token_is_sent() -> None:
    adapter = VitrineAdapter(VitrineCredentials(token=SecretStr("t")))
    assert adapter.first(Start(None, NOW)).request.headers == {"Authorization": "Bearer t"}
    assert first().request.headers == {}


@pytest.mark.parametrize(
    ("wrong", "motivo"),
    [
        pytest.param(entry(level="many"), "tipo_errado", id="no number"),
        pytest.param(entry(level=-5), "fora_da_faixa", id="below zero"),
        pytest.param({"id_produto": "p1"}, "campo_ausente", id="fields are missing"),
        pytest.param(7, "nao_objeto", id="no object"),
        pytest.param(entry(""), "fora_da_faixa", id="no product"),
    ],
)
def test_a_wrong_entry_is_left_out_of_a_page(wrong: Any, motivo: str) -> None:
    page = first().read(answer(entry("p1"), wrong, 7, entry("p2", 2.0)))
    assert [item.id_produto for item in page.items] == ["p1", "p2"]
    assert page.skipped == (motivo, "nao_objeto")


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        pytest.param(Response(200, {}, b"<!doctype html><p>x"), "HTML", id="HTML"),
        pytest.param(Response(200, {}, b'{"estoque": ['), "cut short", id="cut"),
        pytest.param(Response(200, {}, b""), "no JSON", id="empty"),
        pytest.param(Response(200, {}, b"\xff\xfe"), "no JSON", id="no UTF-8"),
        pytest.param(Response(200, {}, b'{"estoque": []}'), "another shape", id="no cursor"),
        pytest.param(Response(200, {}, b"[" * 100_000), "another shape", id="deep"),
        pytest.param(answer(proximo=""), "empty cursor", id="an empty cursor"),
        pytest.param(Response(304, {}, b""), "status 304", id="304 without a condition"),
        pytest.param(Response(410, {}, b""), "status 410", id="410 without a cursor"),
    ],
)
def test_an_answer_of_another_kind_is_refused(response: Response, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        first().read(response)
