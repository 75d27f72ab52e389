from collections import UserDict
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_api.movement import Movimento, movement, places_of


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
    ("products", "views", "expected"),
    [
        ("a", {"a": 1}, {"a": 1}),
        ("b", {"a": 1, "b": 1}, {"b": 2}),
        ("a", {"a": 1, "b": 1}, {"a": 1}),
        ("ca", {"a": 9, "b": 1, "c": 5}, {"a": 1, "c": 2}),
        ("ab", {"a": 0, "b": 1}, {"b": 1}),
        ("x", {"a": 1}, {}),
        ("x", {}, {}),
        ("", {"a": 1}, {}),
    ],
)
def test_places(products: str, views: Mapping[str, int], expected: dict[str, int]) -> None:
    assert places_of(products, views) == expected


@given(st.dictionaries(st.text(max_size=2), st.integers(1, 4)), st.data())
def test_places_are_those_of_the_sorted_list(views: dict[str, int], data: st.DataObject) -> None:
    ranked = sorted(views, key=lambda product: (-views[product], product))
    chosen = data.draw(st.lists(st.sampled_from(ranked), unique=True) if ranked else st.just([]))
    expected = {product: ranked.index(product) + 1 for product in chosen}
    assert places_of(chosen, views) == expected


class CountedViews(UserDict[str, int]):
    """Counts how often all views are looked through."""

    passes = 0

    def __iter__(self) -> Iterator[str]:
        self.passes += 1
        return super().__iter__()


def test_the_views_are_looked_through_once_for_all_products() -> None:
    views = CountedViews(a=3, b=2, c=1)
    assert places_of("abc", views) == {"a": 1, "b": 2, "c": 3}
    assert views.passes == 1
