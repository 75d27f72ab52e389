from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.movement import Movimento, movement, place_of


@pytest.mark.parametrize(
    ("place", "before", "is_known", "expected"),
    [
        pytest.param(1, 4, True, "subiu", id="a lower number is better"),
        pytest.param(4, 1, True, "desceu", id="and a higher one worse"),
        pytest.param(3, 3, True, "manteve", id="the same place"),
        pytest.param(5, None, True, "novo", id="nobody viewed it then"),
        pytest.param(5, 70, True, "subiu", id="from far behind the list"),
        pytest.param(1, None, False, None, id="nothing is known of then"),
    ],
)
def test_movement(
    place: int, before: int | None, is_known: bool, expected: Movimento | None
) -> None:
    assert movement(place, before, is_known=is_known) == expected


@pytest.mark.parametrize(
    ("product", "views", "expected"),
    [
        ("a", {"a": 1}, 1),
        ("b", {"a": 1, "b": 1}, 2),
        ("a", {"a": 1, "b": 1}, 1),
        ("c", {"a": 9, "b": 1, "c": 5}, 2),
        ("a", {"a": 0, "b": 1}, None),
        ("x", {"a": 1}, None),
        ("x", {}, None),
    ],
)
def test_place(product: str, views: Mapping[str, int], expected: int | None) -> None:
    assert place_of(product, views) == expected


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 4)))
def test_places_are_those_of_the_sorted_list(views: dict[str, int]) -> None:
    ranked = sorted(views, key=lambda product: (-views[product], product))
    assert [place_of(product, views) for product in ranked] == [*range(1, len(ranked) + 1)]
