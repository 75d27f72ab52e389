"""The sentence that explains a decision, with the numbers that it was made of."""

from collections.abc import Callable, Mapping
from typing import Final

from lag_scaler.law.choice import Choice
from lag_scaler.law.decision import Reason
from lag_scaler.law.decision_input import DecisionInput

MOST_NAMES: Final = 3


def explain(choice: Choice, inputs: DecisionInput) -> str:
    """What is done, then why."""
    current = inputs.observation.replicas
    sentence = f"{change(current, choice.replicas)}: {SENTENCES[choice.reason](inputs)}"
    stuck = inputs.reading.stuck
    if stuck and choice.reason is not Reason.PARTITIONS_STUCK:
        sentence += f"; {_stuck(inputs)}"
    return f"{sentence}."


def explain_without_data(current: int, replicas: int, problem: str) -> str:
    """What is done without data, and why there is none."""
    return f"{change(current, replicas)}: there is no data to decide on ({problem})."


def change(current: int, replicas: int) -> str:
    """`From 2 to 6 replicas`, or `6 replicas stay`."""
    if current == replicas:
        return f"{_replicas(current)} stay{'s' if current == 1 else ''}"
    return f"From {current} to {_replicas(replicas)}"


def _replicas(count: int) -> str:
    return f"{count} replica{'' if count == 1 else 's'}"


def _load(inputs: DecisionInput) -> str:
    load = inputs.load
    rate = f"{load.arrival_rate:,.0f} records/s arrive"
    if load.expected_rate > load.arrival_rate:
        soon = f"{inputs.policy.start_up_seconds:,.0f} s"
        rate += f", rising to {load.expected_rate:,.0f} in {soon}"
    if load.capacity <= 0:
        return f"{rate} and what one replica does is not known yet"
    return (
        f"{rate}, and one replica does {load.capacity:,.0f} records/s "
        f"(confidence {inputs.capacity.confidence:.0%})"
    )


def _backlog(inputs: DecisionInput) -> str:
    return (
        f"a backlog of {inputs.reading.backlog:,} records is {inputs.load.backlog_seconds:,.0f} s"
        f" behind (objective {inputs.policy.max_lag_seconds:,.0f} s)"
    )


def _need(inputs: DecisionInput) -> str:
    return f"{inputs.need.total:,.1f} replicas are needed" if inputs.need else "the need is open"


def _arrival(inputs: DecisionInput) -> str:
    usable = f"{inputs.policy.target_utilization:.0%} of it to be used"
    return f"{_load(inputs)}, {usable}; {_need(inputs)}"


def _draining(inputs: DecisionInput) -> str:
    deadline = f"to be gone in {inputs.policy.drain_deadline_seconds:,.0f} s"
    return f"{_backlog(inputs)}, {deadline}; {_load(inputs)}; {_need(inputs)}"


def _fewer(inputs: DecisionInput) -> str:
    window = f"{inputs.policy.scale_down_window_seconds:,.0f} s"
    most = f"the greatest need of the last {window} was {inputs.window.greatest:,.1f} replicas"
    return f"{most}; {_load(inputs)}"


def _without_effect(inputs: DecisionInput) -> str:
    through = inputs.episode.throughput or 0.0
    return (
        f"the last step up did not raise the throughput of {through:,.0f} records/s, so what the "
        f"consumers write to is likely to be saturated; {_backlog(inputs)}"
    )


def _saturated(inputs: DecisionInput) -> str:
    return f"more replicas did not help before and are not tried again yet; {_backlog(inputs)}"


def _limit(inputs: DecisionInput) -> str:
    return (
        f"{_need(inputs)}, but no more than {inputs.limit} are allowed or of use on "
        f"{inputs.load.partitions} partitions; {_backlog(inputs)}"
    )


def _starting(inputs: DecisionInput) -> str:
    seen = inputs.observation
    return f"{seen.ready} of {_replicas(seen.replicas)} are ready; {_load(inputs)}"


def _rebalancing(inputs: DecisionInput) -> str:
    return f"the group is rebalancing; {_load(inputs)}"


def _bounds(inputs: DecisionInput) -> str:
    return (
        f"between {inputs.policy.min_replicas} and {inputs.limit} are allowed or of use on "
        f"{inputs.load.partitions} partitions"
    )


def _stuck(inputs: DecisionInput) -> str:
    stuck = inputs.reading.stuck
    names = ", ".join(stuck[:MOST_NAMES])
    more = f" and {len(stuck) - MOST_NAMES} more" if len(stuck) > MOST_NAMES else ""
    return f"commits of {names}{more} do not move although records arrive"


def _stuck_only(inputs: DecisionInput) -> str:
    return f"{_stuck(inputs)}, which more replicas would not mend; {_load(inputs)}"


SENTENCES: Final[Mapping[Reason, Callable[[DecisionInput], str]]] = {
    Reason.ENOUGH_REPLICAS: _arrival,
    Reason.ARRIVAL_ABOVE_CAPACITY: _arrival,
    Reason.LAG_ABOVE_OBJECTIVE: _draining,
    Reason.FEWER_SUFFICE: _fewer,
    Reason.WINDOW_NOT_OVER: _fewer,
    Reason.STEP_WITHOUT_EFFECT: _without_effect,
    Reason.SINK_SATURATED: _saturated,
    Reason.AT_LIMIT: _limit,
    Reason.DRAINING: _draining,
    Reason.REBALANCING: _rebalancing,
    Reason.STARTING_UP: _starting,
    Reason.LEARNING: _load,
    Reason.OUT_OF_BOUNDS: _bounds,
    Reason.PARTITIONS_STUCK: _stuck_only,
}
