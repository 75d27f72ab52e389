"""The law: from what was seen and remembered to a number of replicas."""

from dataclasses import replace
from math import ceil

from lag_scaler.law.decision import Action, Decision, Figures, Reason
from lag_scaler.law.observation import Observation
from lag_scaler.law.policy import ScalingPolicy
from lag_scaler.law.state import ScalerState


def decide(
    observation: Observation, state: ScalerState, policy: ScalingPolicy
) -> tuple[Decision, ScalerState]:
    """How many replicas to have, and what to remember for the next round."""
    partitions = observation.partitions or ()
    lag = sum(max(0, p.end - max(p.start, p.committed or 0)) for p in partitions)
    limit = max(policy.min_replicas, min(policy.max_replicas, len(partitions)))
    current = observation.replicas
    wanted = min(limit, max(current, policy.min_replicas, ceil(lag / 1000)))
    action = Action.UP if wanted > current else Action.DOWN if wanted < current else Action.HOLD
    decision = Decision(
        replicas=wanted,
        current=current,
        action=action,
        reason=Reason.LAG_ABOVE_OBJECTIVE if wanted > current else Reason.ENOUGH_REPLICAS,
        explanation=f"Lag is {lag}; {wanted} replicas.",
        figures=Figures(
            lag=lag,
            lag_seconds=None,
            arrival_rate=0.0,
            capacity_per_replica=None,
            confidence=0.0,
            limit=limit,
        ),
    )
    return decision, replace(state, at=observation.at)
