"""What becomes of a group of requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_producer.grouping import fitting, goes_direct, pause, stored_size, undelivered_of
from event_producer.intake import Message

A, B, C = (Message("u", value, {}) for value in (b"a", b"b", b"c"))


@pytest.mark.parametrize(("spooled", "direct"), [(0, True), (1, False), (9000, False)])
def test_nothing_overtakes_the_spool(spooled: int, direct: bool) -> None:
    assert goes_direct(spooled=spooled) is direct


@pytest.mark.parametrize(
    ("sizes", "room", "count"),
    [
        pytest.param([], 0, 0, id="nothing to place"),
        pytest.param([3, 3], 6, 2, id="exactly full"),
        pytest.param([3, 4], 6, 1, id="the last does not fit"),
        pytest.param([7, 1], 6, 0, id="a small one does not overtake a big one"),
        pytest.param([1], -5, 0, id="over the limit already"),
    ],
)
def test_fitting(sizes: list[int], room: int, count: int) -> None:
    assert fitting(sizes, room=room) == count


@given(st.lists(st.integers(1, 100)), st.integers(0, 1000))
def test_what_fits_is_the_longest_beginning(sizes: list[int], room: int) -> None:
    count = fitting(sizes, room=room)
    assert sum(sizes[:count]) <= room
    assert count == len(sizes) or sum(sizes[: count + 1]) > room


@pytest.mark.parametrize(
    ("values", "left"),
    [
        (set(), []),
        ({b"b"}, [B]),
        ({b"c", b"a"}, [A, C]),
    ],
)
def test_undelivered(values: set[bytes], left: list[Message]) -> None:
    assert undelivered_of([A, B, C], values) == left


def test_both_of_two_equal_messages_are_sent_again() -> None:
    assert undelivered_of([A, B, A], {b"a"}) == [A, A]


def test_every_message_weighs_something() -> None:
    assert stored_size([A]) > 2
    assert stored_size([A, B]) == 2 * stored_size([A])


@pytest.mark.parametrize(
    ("requests", "elapsed", "expected"),
    [
        pytest.param(2, 0.005, 0.015, id="under load the interval is waited out"),
        pytest.param(2, 0.03, 0.0, id="a slow group has waited already"),
        pytest.param(1, 0.005, 0.0, id="a request alone makes nobody wait"),
    ],
)
def test_pause(requests: int, elapsed: float, expected: float) -> None:
    assert pause(requests=requests, interval=0.02, elapsed=elapsed) == pytest.approx(expected)
