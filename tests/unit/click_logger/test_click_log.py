"""The document of an event."""

from datetime import UTC, datetime
from decimal import Decimal

from tests.support.click_log import START, placed

from click_logger.click_log import document_of
from event_contracts.evento import TipoEvento

NOW = datetime(2025, 5, 15, tzinfo=UTC)


def test_a_click_without_an_id_is_named_after_its_place() -> None:
    assert document_of(placed(7, partition=2), now=NOW) == {
        "_id": "t-2-7",
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "data": START,
        "particao": 2,
        "offset": 7,
        "gravado_em": NOW,
    }


def test_a_purchase_has_all_that_was_sent() -> None:
    sent = {"id_pedido": "o1", "quantidade": 2, "preco": Decimal("19.9"), "id_sessao": "s1"}
    event = placed(7, tipo=TipoEvento.COMPRA, id_evento="mine", versao=3, **sent)
    document = document_of(event, now=NOW)
    assert document["_id"] == event.id_evento
    assert document["id_evento_original"] == "mine"
    assert {name: document[name] for name in (*sent, "versao")} == {
        **sent,
        "preco": "19.90",
        "versao": 3,
    }
