"""What people decide themselves: peaks to be ready for, overrides, and no replicas at all."""

from dataclasses import replace

from lag_scaler.law.decision import Decision, Reason
from lag_scaler.law.explanation import change
from lag_scaler.law.policy import Override, Peak, ScalingPolicy


def imposed(decision: Decision, policy: ScalingPolicy, at: float) -> Decision:
    """The decision with the peak that is due and the override that holds, within the bounds. No
    replicas where the minimum is more stay none: somebody has switched the target off."""
    if decision.current == 0 < policy.min_replicas:
        return _switched_off(decision)
    override = _override_at(policy, at)
    if override:
        return _overridden(decision, override, policy)
    peak = _peak_at(policy, at)
    return _at_least(decision, peak) if peak else decision


def _switched_off(decision: Decision) -> Decision:
    return replace(
        decision,
        replicas=0,
        reason=Reason.SWITCHED_OFF,
        explanation=(
            f"{change(0, 0)}: somebody has set them to 0, which switches scaling off until they "
            f"are set to 1 or more; the law would say: {decision.explanation}"
        ),
    )


def _override_at(policy: ScalingPolicy, at: float) -> Override | None:
    override = policy.override
    return override if override and at < override.until.timestamp() else None


def _peak_at(policy: ScalingPolicy, at: float) -> Peak | None:
    """The greatest of the peaks that last, or whose lead has begun."""
    due = (
        peak
        for peak in policy.peaks
        if peak.start.timestamp() - peak.lead_seconds <= at < peak.end.timestamp()
    )
    return max(due, key=lambda peak: peak.replicas, default=None)


def _overridden(decision: Decision, override: Override, policy: ScalingPolicy) -> Decision:
    replicas = max(policy.min_replicas, min(override.replicas, decision.figures.limit))
    until = f"{override.until:%Y-%m-%d %H:%M %Z}"
    return replace(
        decision,
        replicas=replicas,
        reason=Reason.OVERRIDDEN,
        explanation=(
            f"{change(decision.current, replicas)}: overridden until {until} "
            f"({override.reason}); the law would say: {decision.explanation}"
        ),
    )


def _at_least(decision: Decision, peak: Peak) -> Decision:
    floor = min(peak.replicas, decision.figures.limit)
    if floor <= decision.replicas:
        return decision
    return replace(
        decision,
        replicas=floor,
        reason=Reason.SCHEDULED_PEAK,
        explanation=(
            f"{change(decision.current, floor)}: the peak {peak.name} from {peak.start:%H:%M} to "
            f"{peak.end:%H:%M %Z} asks for {peak.replicas} at least; the law would say: "
            f"{decision.explanation}"
        ),
    )
