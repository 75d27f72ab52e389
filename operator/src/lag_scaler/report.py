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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is as it is: one word, and a sentence."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look at a StreamScaler found, and what came of it; `measured` says that the
    figures of the decision are those of this look."""

    at: datetime
    generation: int
    mode: Mode
    state: ScalerState
    target: TargetState | None = None
    decision: Decision | None = None
    measured: bool = False
    not_ready: Cause | None = None
    conflict: str | None = None
    not_scaling: Cause | None = None
    scaled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An event of Kubernetes."""

    type: str
    reason: str
    message: str


def status(found: Round, before: Mapping[str, Any]) -> Json:
    """The whole status, where `before` is the one so far."""
    scaled_at = _text(found.at) if found.scaled else before.get("lastScaleTime")
    document = {
        "observedGeneration": found.generation,
        "observedAt": _text(found.at),
        "lastScaleTime": scaled_at,
        **_replicas(found),
        **_explanation(found.decision),
        **(_figures(found.decision) if found.measured else {}),
        "conditions": list(_conditions(found, before)),
        "state": found.state.to_document(),
    }
    return {key: value for key, value in document.items() if value is not None}


def tells_news(document: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether more has changed than the figures, which change all the time."""
    return _news(document) != _news(before)


def announcements(
    found: Round, document: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Announcement]:
    """One event for what was done or, in mode Recommend, would be; and for conditions that
    changed."""
    decision = found.decision
    if decision is not None and (found.scaled or _recommends_anew(found, before)):
        yield Announcement(type="Normal", reason=decision.reason, message=decision.explanation)
    statuses = {c["type"]: c["status"] for c in before.get("conditions", ())}
    for condition in document["conditions"]:
        kind, now = condition["type"], condition["status"]
        good = "False" if kind == CONFLICT else "True"
        if kind != SCALING_ACTIVE and now != statuses.get(kind, good):
            yield Announcement(
                type="Normal" if now == good else "Warning",
                reason=condition["reason"],
                message=condition["message"],
            )


def _recommends_anew(found: Round, before: Mapping[str, Any]) -> bool:
    decision = found.decision
    return (
        found.mode is Mode.RECOMMEND
        and decision is not None
        and decision.replicas not in (decision.current, before.get("desiredReplicas"))
    )


def _replicas(found: Round) -> Json:
    target, decision = found.target, found.decision
    shown = decision is not None and found.mode is not Mode.OBSERVE
    replicas = decision.replicas if decision is not None and shown else None
    current = target.replicas if target else None
    return {
        "currentReplicas": replicas if found.scaled else current,
        "readyReplicas": target.ready if target else None,
        "desiredReplicas": replicas,
    }


def _explanation(decision: Decision | None) -> Json:
    if decision is None:
        return {}
    return {"reason": str(decision.reason), "explanation": decision.explanation}


def _figures(decision: Decision | None) -> Json:
    if decision is None:
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


def _conditions(found: Round, before: Mapping[str, Any]) -> Iterator[Json]:
    ready = found.not_ready or Cause("Observing", "The lag of all partitions is known.")
    active = found.not_scaling or Cause("Acting", "The replicas are set as decided.")
    alone = Cause("NoOtherScaler", "Nothing else scales the target.")
    other = Cause("OtherScaler", found.conflict) if found.conflict else alone
    now = {
        READY: (found.not_ready is None, ready),
        SCALING_ACTIVE: (found.not_scaling is None, active),
        CONFLICT: (found.conflict is not None, other),
    }
    earlier = {c["type"]: c for c in before.get("conditions", ())}
    for kind, (holds, cause) in now.items():
        old = earlier.get(kind, {})
        held = str(holds)
        since = old["lastTransitionTime"] if old.get("status") == held else _text(found.at)
        yield {
            "type": kind,
            "status": held,
            "reason": cause.reason,
            "message": cause.message,
            "lastTransitionTime": since,
            "observedGeneration": found.generation,
        }


def _news(document: Mapping[str, Any]) -> Json:
    conditions = {c["type"]: (c["status"], c["reason"]) for c in document.get("conditions", ())}
    return {key: document.get(key) for key in _TOLD_AT_ONCE} | {"conditions": conditions}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
