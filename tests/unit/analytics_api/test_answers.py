import pytest

from analytics_api.answers import Answers
from service_runtime.prepared import Prepared


def test_an_answer_is_made_once_per_version() -> None:
    answers = Answers()
    made: list[int] = []

    def ask(version: int) -> Prepared:
        return answers.get("q", version, lambda: made.append(version) or {"v": version})

    assert ask(1) is ask(1)
    assert ask(2).body == b'{"v":2}'
    assert made == [1, 2]


def test_the_longest_unused_is_let_go() -> None:
    answers = Answers(kept=2)
    made: list[str] = []
    for question in ("a", "b", "a", "c", "a", "b"):
        answers.get(question, 1, lambda q=question: made.append(q))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


def test_an_answer_that_fails_leaves_nothing_behind() -> None:
    answers = Answers()
    with pytest.raises(ZeroDivisionError):
        answers.get("q", 1, lambda: 1 / 0)
    assert answers.get("q", 1, lambda: 1).body == b"1"
