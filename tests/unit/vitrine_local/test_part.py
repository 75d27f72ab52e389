from hypothesis import given
from hypothesis import strategies as st

from vitrine_local.part import path_to_missing, stop_waves, with_needs

NEEDS = {
    "kafka": (),
    "postgres": (),
    "proxy": ("postgres",),
    "setup": ("kafka", "proxy"),
    "producer": ("kafka", "setup"),
}


def test_needs_come_before_what_needs_them() -> None:
    assert with_needs(["producer"], NEEDS) == ["kafka", "postgres", "proxy", "setup", "producer"]


def test_nothing_stops_before_what_needs_it() -> None:
    waves = stop_waves(["kafka", "postgres", "proxy", "setup", "producer"], NEEDS)
    assert waves == [["producer"], ["setup"], ["kafka", "proxy"], ["postgres"]]


def test_a_part_stops_after_those_that_need_it_through_another_that_has_gone() -> None:
    assert stop_waves(["kafka", "producer"], {**NEEDS, "producer": ("setup",)}) == [
        ["producer"],
        ["kafka"],
    ]


def test_the_way_to_what_is_missing() -> None:
    assert path_to_missing("producer", NEEDS) == []
    assert path_to_missing("producer", {"producer": ("kafka",)}) == ["producer", "kafka"]
    gone = {name: needs for name, needs in NEEDS.items() if name != "postgres"}
    assert path_to_missing("producer", gone) == ["producer", "setup", "proxy", "postgres"]


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = [f"p{number}" for number in range(draw(st.integers(1, 8)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True))) if index else ()
        for index, name in enumerate(names)
    }


@given(graphs(), st.data())
def test_starting_and_stopping_respect_every_need(
    needs: dict[str, tuple[str, ...]], data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.sampled_from(sorted(needs)), unique=True))
    order = with_needs(wanted, needs)
    stopped = [name for wave in stop_waves(order, needs) for name in wave]
    assert sorted(stopped) == sorted(order)
    for name in order:
        for need in needs[name]:
            assert order.index(need) < order.index(name)
            assert stopped.index(need) > stopped.index(name)
