from datetime import UTC, datetime, timedelta

from inventory_poller.changes import Known
from inventory_poller.heartbeat import Heartbeat

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KNOWN = {"a": {"p1": Known(5, NOW), "p2": Known(6, NOW)}, "b": {"p1": Known(7, NOW)}}


def test_each_silent_location_has_one_known_update_and_then_another() -> None:
    heartbeat = Heartbeat(MINUTE)
    first, then = heartbeat.due(KNOWN, NOW), heartbeat.due(KNOWN, NOW)
    assert [(u.id_armazem, u.id_produto, u.nivel_estoque) for u in first] == [
        ("a", "p1", 5),
        ("b", "p1", 7),
    ]
    assert [(u.id_armazem, u.id_produto, u.nivel_estoque) for u in then] == [
        ("a", "p2", 6),
        ("b", "p1", 7),
    ]
    assert {u.ultima_atualizacao for u in first + then} == {NOW}


def test_a_location_that_was_heard_of_waits() -> None:
    heartbeat = Heartbeat(MINUTE)
    heartbeat.heard(["a"], NOW)
    assert [u.id_armazem for u in heartbeat.due(KNOWN, NOW + MINUTE * 0.9)] == ["b"]
    assert [u.id_armazem for u in heartbeat.due(KNOWN, NOW + MINUTE)] == ["a", "b"]


def test_a_location_of_which_nothing_is_known_has_none() -> None:
    assert Heartbeat(MINUTE).due({"a": {}}, NOW) == []
