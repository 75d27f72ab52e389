import asyncio

import pytest

from analytics_api import waiting
from analytics_api.answers import Answers, EncodedAnswer
from analytics_api.problems import NotReadyError


async def test_an_answer_is_made_once_per_version_however_many_ask() -> None:
    answers = Answers()
    made: list[int] = []

    def ask(version: int) -> asyncio.Task[EncodedAnswer]:
        async def make() -> EncodedAnswer:
            made.append(version)
            await asyncio.sleep(0)
            return EncodedAnswer.of(b"%d" % version)

        return asyncio.create_task(answers.get("q", version, make))

    first, second = await asyncio.gather(ask(1), ask(1))
    assert first is second is await ask(1)
    assert (await ask(2)).body == b"2"
    assert made == [1, 2]
    assert answers.known("q", 1) is None


def test_the_longest_unused_is_let_go() -> None:
    answers = Answers(kept=2)
    for question in ("a", "b"):
        answers.put(question, 1, EncodedAnswer.of(question.encode()))
    assert answers.known("a", 1)
    answers.put("c", 1, EncodedAnswer.of(b"c"))
    assert [bool(answers.known(question, 1)) for question in "abc"] == [True, False, True]


async def test_an_answer_that_fails_leaves_nothing_behind() -> None:
    answers = Answers()

    async def fail() -> EncodedAnswer:
        raise ZeroDivisionError

    async def make() -> EncodedAnswer:
        return EncodedAnswer.of(b"1")

    with pytest.raises(ZeroDivisionError):
        await answers.get("q", 1, fail)
    assert (await answers.get("q", 1, make)).body == b"1"


async def test_who_waits_too_long_is_told_to_come_again_and_then_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.01)
    answers, go_on = Answers(), asyncio.Event()

    async def make() -> EncodedAnswer:
        await go_on.wait()
        return EncodedAnswer.of(b"late")

    with pytest.raises(NotReadyError):
        await answers.get("q", 1, make)
    go_on.set()
    assert (await answers.get("q", 1, make)).body == b"late"


def test_the_same_bytes_have_the_same_strong_etag_and_another_in_another_form() -> None:
    assert EncodedAnswer.of(b"a").etag == EncodedAnswer.of(b"a").etag != EncodedAnswer.of(b"b").etag
    assert EncodedAnswer.of(b"a").etag.startswith('"')
    assert EncodedAnswer.of(b"", "text/csv").etag != EncodedAnswer.of(b"").etag
