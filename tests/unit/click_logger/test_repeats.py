"""Which occurrence of an event counts."""

import pytest
from tests.support.click_log import placed

from click_logger.placed_event import Place, PlacedEvent
from click_logger.repeats import first_of_each, that_count

A3, A5 = placed(3, id_evento="a"), placed(5, id_evento="a")
A_ELSEWHERE = placed(1, partition=1, id_evento="a")
B4 = placed(4, id_evento="b")


def test_the_first_of_each_identity_in_order() -> None:
    assert first_of_each([A3, B4, A5, A_ELSEWHERE]) == [A3, B4]


@pytest.mark.parametrize(
    ("inserted", "known", "counted"),
    [
        pytest.param({A3.place, B4.place}, {}, [A3, B4], id="all new"),
        pytest.param({B4.place}, {"a": Place(0, 2)}, [B4], id="a repeat of an earlier batch"),
        pytest.param({B4.place}, {"a": A3.place}, [A3, B4], id="read again after a crash"),
        pytest.param({B4.place}, {"a": A5.place}, [B4, A5], id="the later one was first"),
        pytest.param({B4.place}, {"a": A_ELSEWHERE.place}, [B4, A_ELSEWHERE], id="elsewhere"),
        pytest.param(set(), {}, [], id="refused or removed meanwhile"),
    ],
)
def test_the_occurrence_that_the_log_holds_counts(
    inserted: set[Place], known: dict[str, Place], counted: list[PlacedEvent]
) -> None:
    stored = {identity_of(id_evento): place for id_evento, place in known.items()}
    events = [A3, B4, A5, A_ELSEWHERE]
    assert that_count(events, inserted=inserted, known=stored) == counted


def identity_of(text: str) -> str:
    return placed(0, id_evento=text).id_evento
