"""What a StreamScaler's status says after a round, and which events tell of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lag_scaler.law import Decision, ScalerState
from lag_scaler.scale_target import TargetState
from lag_scaler.spec import Mode

Json = dict[str, Any]

READY: Final = "Ready"
SCALING_ACTIVE: Final = "ScalingActive"
CONFLICT: Final = "Conflict"
_TOLD_AT_ONCE: Final = (
    "observedGeneration",
    "currentReplicas",
    "readyReplicas",
    "desiredReplicas",
    "limit",
    "reason",
    "stuckPartitions",
    "lastScaleTime",
)
_MOST_STUCK: Final = 20
_UNKNOWN: Final = "Unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is as it is: one word, and a sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """What one round of a StreamScaler read, decided and did.

    `state` is to be remembered as things are, `state_when_done` once the decision is carried out.
    `scaled_at` is when this process last set the replicas, which may be an earlier round.
    """

    at: datetime
    generation: int
    mode: Mode
    state: ScalerState
    state_when_done: ScalerState
    target: TargetState | None = None
    decision: Decision | None = None
    not_ready: Cause | None = None
    conflict: str | None = None
    not_scaling: Cause | None = None
    scaled_at: datetime | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether the replicas were set in this very round."""
        return self.scaled_at == self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An event of Kubernetes."""

    type: str
    reason: str
    message: str


def status(result: RoundResult, before: Mapping[str, Any]) -> Json:
    """The whole status, where `before` is the one so far."""
    scaled_at = _text(result.scaled_at) if result.scaled_at else before.get("lastScaleTime")
    document = {
        "observedGeneration": result.generation,
        "observedAt": _text(result.at),
        "lastScaleTime": scaled_at,
        **_replicas(result),
        **_explanation(result.decision),
        **_figures(result.decision),
        "conditions": list(_conditions(result, before)),
        "state": result.state.to_document(),
    }
    return {key: value for key, value in document.items() if value is not None}


def tells_news(document: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether more has changed than the figures, which change all the time."""
    return _news(document) != _news(before)


def announcements(
    result: RoundResult, document: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Announcement]:
    """One event for what would be done in mode Recommend, one for partitions that are stuck since
    now, and one for each condition that changed; what is done is told by who does it."""
    if result.decision is not None and _recommends_anew(result, before):
        yield announced(result.decision)
    yield from _stuck_or_not(document, before)
    statuses = {c["type"]: c["status"] for c in before.get("conditions", ())}
    for condition in document["conditions"]:
        kind, now = condition["type"], condition["status"]
        good = "False" if kind == CONFLICT else "True"
        if kind != SCALING_ACTIVE and now not in (_UNKNOWN, statuses.get(kind, good)):
            yield Announcement(
                type="Normal" if now == good else "Warning",
                reason=condition["reason"],
                message=condition["message"],
            )


def _stuck_or_not(document: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Announcement]:
    """Where no figures are known, neither is which partitions are stuck."""
    stuck, earlier = (set(each.get("stuckPartitions") or ()) for each in (document, before))
    if new := sorted(stuck - earlier):
        message = f"Records wait in {', '.join(new)}, of which nothing is committed."
        yield Announcement(type="Warning", reason="PartitionsStuck", message=message)
    if "lag" in document and (moving := sorted(earlier - stuck)):
        message = f"Offsets of {', '.join(moving)} are committed again."
        yield Announcement(type="Normal", reason="PartitionsMove", message=message)


def announced(decision: Decision) -> Announcement:
    """The event of a change of the replicas."""
    return Announcement(type="Normal", reason=decision.reason, message=decision.explanation)


def _recommends_anew(result: RoundResult, before: Mapping[str, Any]) -> bool:
    decision = result.decision
    return (
        result.mode is Mode.RECOMMEND
        and decision is not None
        and decision.replicas not in (decision.current, before.get("desiredReplicas"))
    )


def _replicas(result: RoundResult) -> Json:
    target, decision = result.target, result.decision
    shown = decision is not None and result.mode is not Mode.OBSERVE
    replicas = decision.replicas if decision is not None and shown else None
    current = target.replicas if target else None
    return {
        "currentReplicas": replicas if result.is_scaled else current,
        "readyReplicas": target.ready if target else None,
        "desiredReplicas": replicas,
    }


def _explanation(decision: Decision | None) -> Json:
    if decision is None:
        return {}
    return {"reason": str(decision.reason), "explanation": decision.explanation}


def _figures(decision: Decision | None) -> Json:
    """The figures of this round; empty without data."""
    if decision is None or decision.figures.lag is None:
        return {}
    figures = decision.figures
    return {
        "lag": figures.lag,
        "lagSeconds": _rounded(figures.lag_seconds),
        "arrivalRate": _rounded(figures.arrival_rate),
        "capacityPerReplica": _rounded(figures.capacity_per_replica),
        "confidence": round(figures.confidence, 2),
        "limit": figures.limit,
        "stuckPartitions": list(figures.stuck[:_MOST_STUCK]) or None,
    }


def _conditions(result: RoundResult, before: Mapping[str, Any]) -> Iterator[Json]:
    ready = result.not_ready or Cause("Observing", "The lag of all partitions is known.")
    active = result.not_scaling or Cause("Acting", "The replicas are set as decided.")
    earlier = {c["type"]: c for c in before.get("conditions", ())}
    yield _condition(READY, str(result.not_ready is None), ready, result, earlier)
    yield _condition(SCALING_ACTIVE, str(result.not_scaling is None), active, result, earlier)
    if result.target is None and CONFLICT in earlier:
        yield earlier[CONFLICT]
    else:
        yield _condition(CONFLICT, *_conflict(result), result, earlier)


def _conflict(result: RoundResult) -> tuple[str, Cause]:
    if result.target is None:
        unread = "The target could not be read, so nobody has looked for others."
        return _UNKNOWN, Cause("TargetUnreadable", unread)
    if result.conflict is not None:
        return "True", Cause("OtherScaler", result.conflict)
    return "False", Cause("NoOtherScaler", "Nothing else scales the target.")


def _condition(
    kind: str, holds: str, cause: Cause, result: RoundResult, earlier: Mapping[str, Json]
) -> Json:
    old = earlier.get(kind, {})
    since = old["lastTransitionTime"] if old.get("status") == holds else _text(result.at)
    return {
        "type": kind,
        "status": holds,
        "reason": cause.reason,
        "message": cause.message,
        "lastTransitionTime": since,
        "observedGeneration": result.generation,
    }


def _news(document: Mapping[str, Any]) -> Json:
    conditions = {c["type"]: (c["status"], c["reason"]) for c in document.get("conditions", ())}
    return {key: document.get(key) for key in _TOLD_AT_ONCE} | {"conditions": conditions}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
