import asyncio

from inventory_poller.hints import COLLECTING_SECONDS, MOST_WAITING, Hints


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_hints_are_collected_for_a_while_from_the_first_on() -> None:
    clock = Clock()
    hints = Hints(most_at_once=9, clock=clock)
    assert hints.due_at is None
    hints.add([1])
    clock.now += 0.5
    hints.add([2])
    assert hints.due_at == 1000 + COLLECTING_SECONDS
    assert hints.take() == [1, 2]
    assert hints.due_at is None


def test_a_product_waits_once_and_in_its_order() -> None:
    hints = Hints(most_at_once=9, clock=Clock())
    assert hints.add([3, 1, 3])
    assert hints.add([2, 1])
    assert hints.take() == [3, 1, 2]


def test_no_more_are_taken_than_one_reading_may_ask_for() -> None:
    hints = Hints(most_at_once=2, clock=Clock())
    hints.add(range(5))
    assert [hints.take() for _ in range(4)] == [[0, 1], [2, 3], [4], []]


def test_what_finds_no_room_is_left_out() -> None:
    hints = Hints(most_at_once=MOST_WAITING + 9, clock=Clock())
    assert hints.add(range(MOST_WAITING - 1))
    assert not hints.add([MOST_WAITING, MOST_WAITING + 1])
    assert hints.add([0]), "it waits already"
    assert not hints.add([MOST_WAITING + 2])
    assert hints.take() == [*range(MOST_WAITING - 1), MOST_WAITING]


def test_what_was_broken_off_is_due_at_once_and_first() -> None:
    clock = Clock()
    hints = Hints(most_at_once=9, clock=clock)
    hints.put_back([7])
    assert hints.due_at == 1000
    hints.add([5])
    hints.put_back([8, 5])
    assert hints.take() == [8, 5, 7]


async def test_a_wait_ends_with_the_first_hint_or_with_its_time() -> None:
    hints = Hints(most_at_once=9, clock=Clock())
    waiting = asyncio.create_task(hints.wait(3600))
    await asyncio.sleep(0)
    hints.add([1])
    async with asyncio.timeout(5):
        await waiting
    await hints.wait(0.0)
    hints.add([2])
    later = asyncio.create_task(hints.wait(3600))
    await asyncio.sleep(0)
    assert not later.done(), "a hint beside others changes nothing of when they are due"
    later.cancel()
