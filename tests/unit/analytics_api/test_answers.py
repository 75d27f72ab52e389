import pytest

from analytics_api.answers import Answers, Prepared, has_it


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


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ('"x"', True),
        ('W/"x"', True),
        ('"a", "x"', True),
        ("*", True),
        ('"a"', False),
        ("", False),
    ],
)
def test_has_it(header: str | None, expected: bool) -> None:
    assert has_it(header, '"x"') is expected


def test_the_same_bytes_have_the_same_strong_etag() -> None:
    assert Prepared.of(b"a").etag == Prepared.of(b"a").etag != Prepared.of(b"b").etag
    assert Prepared.of(b"a").etag.startswith('"')
