from pathlib import Path

import pytest

from vitrine_local.running_part import tail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing said"),
        pytest.param("a\n\nb\n \nc\n", ["b", "c"], id="empty lines say nothing"),
        pytest.param("x" * 100_000 + "\nend\n", ["x", "end"], id="a long line is cut"),
    ],
)
def test_the_last_words_of_a_part(text: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "part.log"
    path.write_text(text)
    assert [line[-3:].replace("xxx", "x") for line in tail(path, 2)] == expected


def test_a_part_that_never_spoke(tmp_path: Path) -> None:
    assert tail(tmp_path / "none.log", 5) == []
