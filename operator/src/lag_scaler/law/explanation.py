"""The sentence that explains a decision, with the numbers that it was made of."""

from collections.abc import Callable, Mapping
from typing import Final

from lag_scaler.law.choice import Choice
from lag_scaler.law.decision import Reason
from lag_scaler.law.picture import Picture

MOST_NAMES: Final = 3


def explained(choice: Choice, picture: Picture) -> str:
    """What is done, then why."""
    current = picture.observation.replicas
    sentence = f"{change(current, choice.replicas)}: {SENTENCES[choice.reason](picture)}"
    stuck = picture.reading.stuck
    if stuck and choice.reason is not Reason.PARTITIONS_STUCK:
        sentence += f"; {_stuck(picture)}"
    return f"{sentence}."


def explained_without_data(current: int, replicas: int, problem: str) -> str:
    """What is done without data, and why there is none."""
    return f"{change(current, replicas)}: there is no data to decide on ({problem})."


def change(current: int, replicas: int) -> str:
    """`From 2 to 6 replicas`, or `6 replicas stay`."""
    if current == replicas:
        return f"{_replicas(current)} stay{'s' if current == 1 else ''}"
    return f"From {current} to {_replicas(replicas)}"


def _replicas(count: int) -> str:
    return f"{count} replica{'' if count == 1 else 's'}"


def _load(picture: Picture) -> str:
    load = picture.load
    rate = f"{load.arrival_rate:,.0f} records/s arrive"
    if load.expected_rate > load.arrival_rate:
        soon = f"{picture.policy.start_up_seconds:,.0f} s"
        rate += f", rising to {load.expected_rate:,.0f} in {soon}"
    if load.capacity <= 0:
        return f"{rate} and what one replica does is not known yet"
    return (
        f"{rate}, and one replica does {load.capacity:,.0f} records/s "
        f"(confidence {picture.capacity.confidence:.0%})"
    )


def _backlog(picture: Picture) -> str:
    return (
        f"a backlog of {picture.reading.backlog:,} records is {picture.load.backlog_seconds:,.0f} s"
        f" behind (objective {picture.policy.max_lag_seconds:,.0f} s)"
    )


def _need(picture: Picture) -> str:
    return f"{picture.need.total:,.1f} replicas are needed" if picture.need else "the need is open"


def _arrival(picture: Picture) -> str:
    usable = f"{picture.policy.target_utilization:.0%} of it to be used"
    return f"{_load(picture)}, {usable}; {_need(picture)}"


def _draining(picture: Picture) -> str:
    deadline = f"to be gone in {picture.policy.drain_deadline_seconds:,.0f} s"
    return f"{_backlog(picture)}, {deadline}; {_load(picture)}; {_need(picture)}"


def _fewer(picture: Picture) -> str:
    window = f"{picture.policy.scale_down_window_seconds:,.0f} s"
    most = f"the greatest need of the last {window} was {picture.window.greatest:,.1f} replicas"
    return f"{most}; {_load(picture)}"


def _without_effect(picture: Picture) -> str:
    through = picture.episode.throughput or 0.0
    return (
        f"the last step up did not raise the throughput of {through:,.0f} records/s, so what the "
        f"consumers write to is likely to be saturated; {_backlog(picture)}"
    )


def _saturated(picture: Picture) -> str:
    return f"more replicas did not help before and are not tried again yet; {_backlog(picture)}"


def _limit(picture: Picture) -> str:
    return (
        f"{_need(picture)}, but no more than {picture.limit} are allowed or of use on "
        f"{picture.load.partitions} partitions; {_backlog(picture)}"
    )


def _starting(picture: Picture) -> str:
    seen = picture.observation
    return f"{seen.ready} of {_replicas(seen.replicas)} are ready; {_load(picture)}"


def _rebalancing(picture: Picture) -> str:
    return f"the group is rebalancing; {_load(picture)}"


def _bounds(picture: Picture) -> str:
    return (
        f"between {picture.policy.min_replicas} and {picture.limit} are allowed or of use on "
        f"{picture.load.partitions} partitions"
    )


def _stuck(picture: Picture) -> str:
    stuck = picture.reading.stuck
    names = ", ".join(stuck[:MOST_NAMES])
    more = f" and {len(stuck) - MOST_NAMES} more" if len(stuck) > MOST_NAMES else ""
    return f"commits of {names}{more} do not move although records arrive"


def _stuck_only(picture: Picture) -> str:
    return f"{_stuck(picture)}, which more replicas would not mend; {_load(picture)}"


SENTENCES: Final[Mapping[Reason, Callable[[Picture], str]]] = {
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
