from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_runtime.executor_scaling import ExecutorState, ScalingSteps, steps_to, told

THREE = {"1": 100, "2": 200, "3": 300}


def state(
    requested: int, registered: Mapping[str, int] | None = None, leaving: tuple[str, ...] = ()
) -> ExecutorState:
    return ExecutorState(
        requested=requested, registered=registered or {}, leaving=frozenset(leaving)
    )


@pytest.mark.parametrize(
    ("wanted", "before", "steps"),
    [
        pytest.param(None, state(2, THREE), ScalingSteps(), id="nobody has asked"),
        pytest.param(3, state(3, THREE), ScalingSteps(), id="all are there"),
        pytest.param(3, state(3, {"1": 100}), ScalingSteps(), id="two are on their way"),
        pytest.param(3, state(1, {"1": 100}), ScalingSteps(request=3), id="two more"),
        pytest.param(
            1, state(3, {"1": 100}), ScalingSteps(request=1), id="those on their way are called off"
        ),
        pytest.param(
            1,
            state(3, THREE),
            ScalingSteps(request=1, decommission=("3", "2")),
            id="the youngest end, youngest first",
        ),
        pytest.param(
            2,
            state(5, THREE),
            ScalingSteps(request=2, decommission=("3",)),
            id="some are on their way, one ends",
        ),
        pytest.param(
            1,
            state(1, THREE, leaving=("2", "3")),
            ScalingSteps(),
            id="who is ending is not told again",
        ),
        pytest.param(
            1,
            state(1, {"2": 200, "3": 300}, leaving=("2", "3")),
            ScalingSteps(),
            id="the one to stay has died: the cluster replaces it",
        ),
        pytest.param(
            3, state(1, THREE, leaving=("2", "3")), ScalingSteps(request=3), id="back up meanwhile"
        ),
        pytest.param(
            1,
            state(1, THREE),
            ScalingSteps(request=1, decommission=("3", "2")),
            id="more than asked for: asked again, so that none is replaced",
        ),
        pytest.param(
            1,
            state(2, {"9": 100, "10": 100}),
            ScalingSteps(request=1, decommission=("10",)),
            id="of the same moment the higher number",
        ),
    ],
)
def test_steps(wanted: int | None, before: ExecutorState, steps: ScalingSteps) -> None:
    assert steps_to(wanted, before) == steps


def test_it_tells_what_there_is() -> None:
    assert told(state(3, {"1": 100})) == "3 asked for, 1 running."
    assert (
        told(state(1, THREE, leaving=("2", "3")), "nobody answers")
        == "1 asked for, 1 running, 2 ending. Held: nobody answers."
    )


def after(steps: ScalingSteps, before: ExecutorState) -> ExecutorState:
    return state(
        before.requested if steps.request is None else steps.request,
        before.registered,
        leaving=(*before.leaving, *steps.decommission),
    )


@st.composite
def states(draw: st.DrawFn) -> ExecutorState:
    registered = draw(st.dictionaries(st.integers(0, 30).map(str), st.integers(0, 5), max_size=9))
    leaving = draw(st.sets(st.sampled_from(sorted(registered)))) if registered else set()
    return state(draw(st.integers(1, 9)), registered, tuple(leaving))


@given(st.integers(1, 9), states())
def test_one_round_is_enough_and_the_oldest_stay(wanted: int, before: ExecutorState) -> None:
    steps = steps_to(wanted, before)
    now = after(steps, before)
    assert now.requested == wanted
    assert len(now.running) == min(len(before.running), wanted)
    assert not set(steps.decommission) & before.leaving
    ended = [before.running[name] for name in steps.decommission]
    assert max(now.running.values(), default=0) <= min(ended, default=9)
    assert steps_to(wanted, now) == ScalingSteps()


class Cluster:
    """Starts what is missing of the pods that it was asked for, a round later."""

    def __init__(self, requested: int) -> None:
        self.requested, self.made, self.leaving = requested, 0, set[str]()
        self.registered: dict[str, int] = {}

    def round(self, wanted: int, dying: int) -> None:
        for name in sorted(self.registered)[:dying]:
            del self.registered[name]
        steps = steps_to(wanted, state(self.requested, self.registered, tuple(self.leaving)))
        self.requested = self.requested if steps.request is None else steps.request
        for name in self.leaving:
            self.registered.pop(name, None)
        self.leaving = set(steps.decommission)
        while len(self.registered) < self.requested:
            self.made += 1
            self.registered[str(self.made)] = self.made


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=12),
    st.integers(1, 5),
)
def test_whoever_dies_meanwhile_there_are_as_many_as_wanted_soon(
    first: int, rounds: list[tuple[int, int]], last: int
) -> None:
    cluster = Cluster(first)
    for wanted, dying in rounds:
        cluster.round(wanted, dying)
    for _ in range(3):
        cluster.round(last, 0)
    assert len(cluster.registered) == last
