"""Texts that are cut to bytes."""

import pytest

from event_contracts.texts import cut_bytes


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("", 3, ""),
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("açb", 2, "a"),
        ("açb", 3, "aç"),
        ("a🛒", 4, "a"),
    ],
)
def test_no_character_is_cut_in_two(text: str, most: int, expected: str) -> None:
    assert cut_bytes(text, most) == expected
