"""What a status says, and which events tell of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
import yaml
from tests.support.helm import CHARTS

from lag_scaler.law import Decision, Figures, Reason, ScalerState
from lag_scaler.report import Announcement, Cause, RoundResult, announcements, status, tells_news
from lag_scaler.scale_target import TargetState
from lag_scaler.spec import Mode

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
FIGURES = Figures(
    lag=1200,
    lag_seconds=12.04,
    arrival_rate=99.96,
    capacity_per_replica=50.0,
    confidence=0.876,
    limit=6,
    stuck=("eventos_clientes/3",),
)
UP = Decision(
    replicas=3,
    current=2,
    reason=Reason.LAG_ABOVE_OBJECTIVE,
    explanation="12 s behind; 3 replicas drain it in 60 s.",
    figures=FIGURES,
)
SEEN = RoundResult(
    at=NOON,
    generation=4,
    mode=Mode.ACT,
    state=ScalerState.empty(),
    state_when_done=ScalerState.empty(),
    target=TargetState(replicas=2, ready=2, version="7"),
    decision=UP,
)
NO_DATA = Cause("NoData", "Kafka does not answer.")


def conditions(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["lastTransitionTime"]) for c in document["conditions"]}


def told(result: RoundResult, before: Mapping[str, Any]) -> list[Announcement]:
    return list(announcements(result, status(result, before), before))


def test_the_figures_are_rounded_and_the_sentence_is_whole() -> None:
    document = status(SEEN, {})
    assert {k: v for k, v in document.items() if k not in ("conditions", "state")} == {
        "observedGeneration": 4,
        "observedAt": "2026-11-27T12:00:00Z",
        "currentReplicas": 2,
        "readyReplicas": 2,
        "desiredReplicas": 3,
        "reason": "LagAboveObjective",
        "explanation": "12 s behind; 3 replicas drain it in 60 s.",
        "lag": 1200,
        "lagSeconds": 12.0,
        "arrivalRate": 100.0,
        "capacityPerReplica": 50.0,
        "confidence": 0.88,
        "limit": 6,
        "stuckPartitions": ["eventos_clientes/3"],
    }


def test_it_fits_the_crd() -> None:
    crd = yaml.safe_load((CHARTS / "lag-scaler/crds/streamscalers.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
    document = status(replace(SEEN, scaled_at=NOON, conflict="It is also scaled by an HPA."), {})
    closed = {**schema, "additionalProperties": False}
    jsonschema.Draft7Validator(closed).validate(document)
    assert document.keys() == schema["properties"].keys()


def test_what_was_scaled_is_what_is_asked_for_now() -> None:
    document = status(replace(SEEN, scaled_at=NOON), {})
    assert document["currentReplicas"] == 3
    assert document["lastScaleTime"] == "2026-11-27T12:00:00Z"
    assert status(SEEN, document)["lastScaleTime"] == "2026-11-27T12:00:00Z"


def test_what_was_scaled_in_a_round_that_could_not_tell_it_is_told_by_the_next() -> None:
    later = replace(SEEN, at=NOON + timedelta(seconds=5), scaled_at=NOON)
    assert status(later, {})["lastScaleTime"] == "2026-11-27T12:00:00Z"
    assert status(later, {})["currentReplicas"] == 2


def test_without_data_no_figure_is_shown_but_the_sentence_is() -> None:
    blind = replace(UP, figures=replace(FIGURES, lag=None))
    document = status(replace(SEEN, decision=blind, not_ready=NO_DATA), {})
    assert document.keys() & {"lag", "lagSeconds", "arrivalRate", "limit"} == set()
    assert document["explanation"] == UP.explanation


def test_a_condition_keeps_its_time_until_it_changes() -> None:
    first = status(SEEN, {})
    later = replace(SEEN, at=NOON + timedelta(minutes=1))
    assert conditions(status(later, first))["Ready"] == ("True", "2026-11-27T12:00:00Z")
    changed = status(replace(later, not_ready=NO_DATA), first)
    assert conditions(changed)["Ready"] == ("False", "2026-11-27T12:01:00Z")
    assert conditions(changed)["Conflict"] == ("False", "2026-11-27T12:00:00Z")


UNREAD = replace(SEEN, target=None, decision=None, not_ready=Cause("TargetUnreadable", "Away."))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param({}, ("Unknown", "2026-11-27T12:00:00Z"), id="never looked"),
        pytest.param(status(SEEN, {}), ("False", "2026-11-27T12:00:00Z"), id="none before"),
        pytest.param(
            status(replace(SEEN, conflict="An HPA."), {}),
            ("True", "2026-11-27T12:00:00Z"),
            id="one before",
        ),
    ],
)
def test_who_does_not_look_for_a_conflict_finds_none_new(
    before: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert conditions(status(UNREAD, before))["Conflict"] == expected
    assert {a.reason for a in told(UNREAD, before)} == {"TargetUnreadable"}
    assert len(told(UNREAD, before)) == 1


@pytest.mark.parametrize(
    ("change", "is_news"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"at": NOON + timedelta(seconds=5)}, False, id="the time alone"),
        pytest.param(
            {"decision": replace(UP, figures=replace(FIGURES, lag=9), explanation="Other.")},
            False,
            id="figures",
        ),
        pytest.param({"decision": replace(UP, replicas=4)}, True, id="a decision"),
        pytest.param({"generation": 5}, True, id="a spec"),
        pytest.param({"not_ready": NO_DATA}, True, id="a condition"),
        pytest.param({"scaled_at": NOON}, True, id="what was done"),
    ],
)
def test_what_is_written_at_once(change: dict[str, Any], is_news: bool) -> None:
    before = status(SEEN, {})
    assert tells_news(status(replace(SEEN, **change), before), before) is is_news


LAGGING = Announcement(type="Normal", reason="LagAboveObjective", message=UP.explanation)
BLIND = Announcement(type="Warning", reason="NoData", message="Kafka does not answer.")
SIGHTED = Announcement(
    type="Normal", reason="Observing", message="The lag of all partitions is known."
)


STUCK = Announcement(
    type="Warning",
    reason="PartitionsStuck",
    message="Records wait in eventos_clientes/3, of which nothing is committed.",
)
MOVING = Announcement(
    type="Normal",
    reason="PartitionsMove",
    message="Offsets of eventos_clientes/1, eventos_clientes/2 are committed again.",
)
ONE_STUCK: Mapping[str, Any] = {"stuckPartitions": ["eventos_clientes/3"]}
TWO_STUCK: Mapping[str, Any] = {"stuckPartitions": ["eventos_clientes/2", "eventos_clientes/1"]}


@pytest.mark.parametrize(
    ("figures", "before", "expected"),
    [
        pytest.param(FIGURES, {}, [STUCK], id="stuck since now"),
        pytest.param(FIGURES, ONE_STUCK, [], id="told already"),
        pytest.param(replace(FIGURES, stuck=()), TWO_STUCK, [MOVING], id="two move again"),
        pytest.param(FIGURES, TWO_STUCK, [STUCK, MOVING], id="another is stuck"),
        pytest.param(replace(FIGURES, lag=None), ONE_STUCK, [], id="nobody knows"),
        pytest.param(replace(FIGURES, stuck=()), {}, [], id="none was"),
    ],
)
def test_partitions_that_get_stuck_are_told_once(
    figures: Figures, before: Mapping[str, Any], expected: list[Announcement]
) -> None:
    assert told(replace(SEEN, decision=replace(UP, figures=figures)), before) == expected


@pytest.mark.parametrize(
    ("change", "before", "expected"),
    [
        pytest.param({}, {}, [], id="what is decided but not done"),
        pytest.param({"scaled_at": NOON}, {}, [], id="what was done is told by who did it"),
        pytest.param({"mode": Mode.RECOMMEND}, {}, [LAGGING], id="what would be done"),
        pytest.param({"mode": Mode.RECOMMEND}, {"desiredReplicas": 3}, [], id="said already"),
        pytest.param({"mode": Mode.OBSERVE}, {}, [], id="who only looks says nothing"),
        pytest.param({"not_ready": NO_DATA}, {}, [BLIND], id="blind from the start"),
        pytest.param(
            {"not_ready": NO_DATA},
            status(replace(SEEN, not_ready=NO_DATA), {}),
            [],
            id="blind as before",
        ),
        pytest.param({}, status(replace(SEEN, not_ready=NO_DATA), {}), [SIGHTED], id="sees again"),
        pytest.param(
            {"conflict": "An HPA."},
            {},
            [Announcement(type="Warning", reason="OtherScaler", message="An HPA.")],
            id="a conflict",
        ),
    ],
)
def test_which_events_there_are(
    change: dict[str, Any], before: dict[str, Any], expected: list[Announcement]
) -> None:
    assert told(replace(SEEN, **change), {**ONE_STUCK, **before}) == expected
