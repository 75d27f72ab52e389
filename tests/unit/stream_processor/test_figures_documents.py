"""The documents of the live figures."""

from datetime import UTC, datetime
from decimal import Decimal

import bson

from event_contracts.live_figures import MINUTE, MINUTES_FROM, MINUTES_TO, minute_prefix
from stream_processor.figures_documents import active_document, minute_document
from stream_processor.live_figures import MOST_VIEWED, MinuteFigures

NOON = datetime(2025, 5, 14, 12, tzinfo=UTC)
SECOND = int(NOON.timestamp())
NOW = datetime(2025, 5, 14, 12, 0, 0, 7_000, tzinfo=UTC)


def test_a_minute() -> None:
    figures = MinuteFigures(2, -3, Decimal("-19.90"), [("p1", 12), ("p2", 1)])
    assert minute_document(SECOND, figures, now=NOW) == {
        "_id": "minuto/2025-05-14T12:00:00Z",
        "tipo": "minuto",
        "minuto": NOON,
        "revisao": 1_747_224_000_007,
        "pedidos": 2,
        "unidades": -3,
        "receita": "-19.90",
        "visualizacoes": [{"id_produto": "p1", "n": 12}, {"id_produto": "p2", "n": 1}],
    }


def test_ids_of_minutes_sort_by_time() -> None:
    document = minute_document(SECOND, MinuteFigures(), now=NOW)
    assert MINUTES_FROM < minute_prefix(NOON) <= document["_id"]
    assert document["_id"] < minute_prefix(NOON + MINUTE) < MINUTES_TO


def test_the_largest_minute_fits_a_document() -> None:
    views = [(f"{n:04d}".ljust(128, "x"), 10**12) for n in range(MOST_VIEWED)]
    figures = MinuteFigures(10**12, 10**15, Decimal(10) ** 25, views)
    document = minute_document(SECOND, figures, now=NOW)
    assert document["receita"] == "10000000000000000000000000.00"
    assert len(bson.encode(document)) < 256 * 1024


def test_customers_by_their_last_activity() -> None:
    assert active_document({SECOND: 3}) == {
        "_id": "ativos/todos",
        "tipo": "ativos",
        "usuarios": [{"desde": NOON, "n": 3}],
    }
