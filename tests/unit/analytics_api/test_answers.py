import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api import waiting
from analytics_api.answers import Answers, EncodedAnswer
from analytics_api.problems import NotReadyError


class Figures:
    """Of one version, which an answer tells; making one may take its time."""

    def __init__(self) -> None:
        self.version = 1
        self.made: list[int] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def make(self) -> EncodedAnswer:
        self.made.append(self.version)
        told = b"%d" % self.version
        await self.go_on.wait()
        return EncodedAnswer.of(told)

    def ask(self, answers: Answers, question: str = "q") -> Awaitable[EncodedAnswer]:
        return answers.get(question, lambda: self.version, self.make)


async def body(answer: Awaitable[EncodedAnswer]) -> bytes:
    return (await answer).body


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0)


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "REQUEST_WAIT_SECONDS", 0.01)


async def test_an_answer_is_made_once_per_version_however_many_ask(figures: Figures) -> None:
    answers = Answers()
    first, second = await asyncio.gather(figures.ask(answers), figures.ask(answers))
    assert first is second is await figures.ask(answers)
    figures.version = 2
    assert await body(figures.ask(answers)) == b"2"
    assert figures.made == [1, 2]
    assert answers.known("q", 1) is None


async def test_an_answer_is_made_once_though_the_figures_change_meanwhile(figures: Figures) -> None:
    answers = Answers()
    figures.go_on.clear()
    asked = [asyncio.ensure_future(body(figures.ask(answers)))]
    await until(lambda: figures.made)
    for version in (2, 3):
        figures.version = version
        asked.append(asyncio.ensure_future(body(figures.ask(answers))))
        await asyncio.sleep(0)
    figures.go_on.set()
    assert await asyncio.gather(*asked) == [b"1"] * 3
    assert figures.made == [1]
    assert await body(figures.ask(answers)) == b"3"


async def test_an_answer_tells_the_figures_of_the_moment_when_it_is_made(figures: Figures) -> None:
    answers = Answers()
    figures.go_on.clear()
    asked = [asyncio.ensure_future(body(figures.ask(answers, question))) for question in "ab"]
    await until(lambda: figures.made)
    figures.version = 2
    figures.go_on.set()
    assert await asyncio.gather(*asked) == [b"1", b"2"]
    assert await body(figures.ask(answers, "b")) == b"2"
    assert figures.made == [1, 2]


@pytest.mark.usefixtures("impatient")
async def test_who_waits_too_long_gets_the_last_answer_as_it_was(figures: Figures) -> None:
    answers = Answers()
    before = await figures.ask(answers)
    figures.version = 2
    figures.go_on.clear()
    assert await figures.ask(answers) is before
    figures.go_on.set()
    await until(lambda: answers.known("q", 2))
    assert await body(figures.ask(answers)) == b"2"


@pytest.mark.usefixtures("impatient")
async def test_so_many_questions_at_most_wait_and_any_other_gets_its_last_answer(
    figures: Figures,
) -> None:
    answers = Answers()
    await figures.ask(answers, "kept")
    figures.version = 2
    figures.go_on.clear()
    asked = [body(figures.ask(answers, f"q{number}")) for number in range(65)]
    told = [str(error) for error in await asyncio.gather(*asked, return_exceptions=True)]
    assert [error for error in told if "being made" not in error] == []
    assert sum("too many" in error for error in told) == 1
    assert await body(figures.ask(answers, "kept")) == b"1"


@pytest.mark.usefixtures("impatient")
async def test_what_fails_when_nobody_waits_any_more_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers, go_on = Answers(), asyncio.Event()
    unheard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    async def fail() -> EncodedAnswer:
        await go_on.wait()
        raise ZeroDivisionError("of nobody")

    with pytest.raises(NotReadyError):
        await answers.get("q", lambda: 1, fail)
    go_on.set()
    await until(lambda: caplog.records)
    gc.collect()
    assert [record.__dict__["error"] for record in caplog.records] == ["of nobody"]
    assert unheard == []


def test_the_longest_unused_is_let_go() -> None:
    answers = Answers(kept=2)
    for question in ("a", "b"):
        answers.put(question, 1, EncodedAnswer.of(question.encode()))
    assert answers.known("a", 1)
    answers.put("c", 1, EncodedAnswer.of(b"c"))
    assert [bool(answers.known(question, 1)) for question in "abc"] == [True, False, True]


@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 12)), min_size=1),
    st.integers(1, 4),
)
def test_the_newest_answers_are_kept_as_far_as_they_fit(
    put: list[tuple[str, int]], kept: int
) -> None:
    answers = Answers(kept, kept_bytes=20)
    expected: dict[str, int] = {}
    for question, size in put:
        answers.put(question, 1, EncodedAnswer.of(b"x" * size))
        expected.pop(question, None)
        expected[question] = size
        while len(expected) > kept or sum(expected.values()) > 20:
            del expected[next(iter(expected))]
        found = {question: answers.last(question) for question in "abcde"}
        assert {name: len(a.body) for name, a in found.items() if a is not None} == expected


def test_an_answer_that_is_larger_than_all_may_be_is_kept_alone() -> None:
    answers = Answers(kept_bytes=3)
    answers.put("a", 1, EncodedAnswer.of(b"a"))
    answers.put("large", 1, EncodedAnswer.of(b"large"))
    assert [bool(answers.last(question)) for question in ("a", "large")] == [False, True]
    answers.put("a", 2, EncodedAnswer.of(b"a"))
    assert [bool(answers.last(question)) for question in ("a", "large")] == [True, False]


async def test_an_answer_that_fails_leaves_nothing_behind() -> None:
    answers = Answers()

    async def fail() -> EncodedAnswer:
        raise ZeroDivisionError

    async def make() -> EncodedAnswer:
        return EncodedAnswer.of(b"1")

    with pytest.raises(ZeroDivisionError):
        await answers.get("q", lambda: 1, fail)
    assert await body(answers.get("q", lambda: 1, make)) == b"1"


@pytest.mark.usefixtures("impatient")
async def test_who_waits_too_long_for_the_first_answer_is_told_to_come_again(
    figures: Figures,
) -> None:
    answers = Answers()
    figures.go_on.clear()
    with pytest.raises(NotReadyError):
        await figures.ask(answers)
    figures.go_on.set()
    assert await body(figures.ask(answers)) == b"1"
    assert figures.made == [1]


def test_the_same_bytes_have_the_same_strong_etag_and_another_in_another_form() -> None:
    assert EncodedAnswer.of(b"a").etag == EncodedAnswer.of(b"a").etag != EncodedAnswer.of(b"b").etag
    assert EncodedAnswer.of(b"a").etag.startswith('"')
    assert EncodedAnswer.of(b"", "text/csv").etag != EncodedAnswer.of(b"").etag
