import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine_local.restart_policy import RestartPolicy, Verdict, judge

POLICY = RestartPolicy(first_pause=1.0, most_deaths=4, forgotten_after=300.0)


@pytest.mark.parametrize(
    ("deaths", "ready_for", "final", "expected"),
    [
        pytest.param(0, 10, False, Verdict(1, 1.0), id="the first death: again after a second"),
        pytest.param(1, 10, False, Verdict(2, 2.0), id="the second soon after it: twice as long"),
        pytest.param(2, 299, False, Verdict(3, 4.0), id="almost long enough to be forgotten"),
        pytest.param(3, 10, False, Verdict(4, None), id="too often: given up"),
        pytest.param(3, 0, False, Verdict(4, None), id="never ready again: given up"),
        pytest.param(3, 300, False, Verdict(1, 1.0), id="ready for long: counts anew"),
        pytest.param(0, 10, True, Verdict(1, None), id="another one does its work"),
        pytest.param(0, 9999, True, Verdict(1, None), id="the same after a long life"),
    ],
)
def test_what_becomes_of_a_part_that_died(
    deaths: int, ready_for: float, final: bool, expected: Verdict
) -> None:
    assert judge(POLICY, deaths=deaths, ready_for=ready_for, final=final) == expected


@given(
    st.builds(
        RestartPolicy,
        first_pause=st.floats(0.01, 10),
        most_deaths=st.integers(1, 20),
        forgotten_after=st.floats(1, 1000),
    )
)
def test_one_that_dies_at_once_is_given_up_after_pauses_that_double(policy: RestartPolicy) -> None:
    pauses, deaths = [], 0
    while (verdict := judge(policy, deaths=deaths, ready_for=0, final=False)).pause is not None:
        deaths = verdict.deaths
        pauses.append(verdict.pause)
    assert len(pauses) == policy.most_deaths - 1
    assert all(later == 2 * pause for pause, later in itertools.pairwise(pauses))
