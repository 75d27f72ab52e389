"""The operator's conversation with the API server, in which kmock plays the server."""

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import kmock as mock
import pytest
from tests.support.lag_scaler import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    HPAS,
    LEASES,
    SCALED_OBJECTS,
    SCALERS,
    STREAM_EXECUTORS,
    Cluster,
    deployment,
    operator,
    stream_answer,
    stream_executors,
    stream_scaler,
    until,
)
from tests.support.scaled_group import START, ScaledGroup

from lag_scaler.law import Reason, ScalingPolicy
from lag_scaler.offsets_reader import GroupReading
from lag_scaler.scaler import QUIET_ROUNDS

SCALE = "/deployments/click-logger/scale"
SCALER_PATH = "/apis/vitrine.dev/v1alpha1/namespaces/shop/streamscalers/click-logger"
DEPLOYMENT_PATH = "/apis/apps/v1/namespaces/shop/deployments/click-logger"


async def test_scales_a_target_that_has_not_changed_and_tells_of_it(cluster: Cluster) -> None:
    cluster.put(DEPLOYMENTS, deployment(1, version="41"))
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: "Ready" in cluster.conditions(), "a status")
        await until(lambda: len(cluster.events()) == 2, "two events")
    assert cluster.writes(SCALE) == [
        {"metadata": {"resourceVersion": "41"}, "spec": {"replicas": 3}}
    ]
    assert cluster.conditions() == {
        "Ready": ("False", "NoData"),
        "ScalingActive": ("True", "Acting"),
        "Conflict": ("False", "NoOtherScaler"),
    }
    status = cluster.get(SCALERS, "click-logger")["status"]
    assert (status["currentReplicas"], status["desiredReplicas"]) == (3, 3)
    assert "configmaps/absent" in status["conditions"][0]["message"]
    assert {kind for kind, _ in cluster.events()} == {"Normal", "Warning"}


STREAM = {"apiVersion": "v1", "kind": "ConfigMap", "name": STREAM_EXECUTORS}


async def test_asks_a_spark_stream_for_executors(cluster: Cluster) -> None:
    cluster.put(CONFIG_MAPS, stream_executors(stream_answer(1, 1, at=datetime.now(UTC))))
    cluster.put(SCALERS, stream_scaler(target=STREAM))
    async with operator():
        await until(lambda: len(cluster.writes(STREAM_EXECUTORS)) > 0, "three executors")
        await until(lambda: len(cluster.events()) == 2, "two events")
    asked = {"metadata": {"resourceVersion": "7"}, "data": {"wanted": "3"}}
    assert cluster.writes(STREAM_EXECUTORS) == [asked]
    status = cluster.get(SCALERS, "click-logger")["status"]
    assert (status["currentReplicas"], status["readyReplicas"]) == (3, 1)


async def test_holds_while_no_driver_answers(cluster: Cluster) -> None:
    long_ago = stream_answer(1, 1, at=datetime(2026, 1, 1, tzinfo=UTC))
    cluster.put(CONFIG_MAPS, stream_executors(long_ago))
    cluster.put(SCALERS, stream_scaler(target=STREAM))
    async with operator():
        await until(lambda: "Ready" in cluster.conditions(), "a status")
    assert cluster.conditions() == {
        "Ready": ("False", "TargetUnreadable"),
        "ScalingActive": ("False", "TargetUnreadable"),
        "Conflict": ("Unknown", "TargetUnreadable"),
    }
    told = cluster.get(SCALERS, "click-logger")["status"]["conditions"][0]["message"]
    assert "the driver last answered in ConfigMap stream-processor-executors" in told
    assert cluster.writes(STREAM_EXECUTORS) == []


async def test_leaves_nothing_of_its_own_in_an_object(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: cluster.replicas == 3, "three replicas")
    assert cluster.get(SCALERS, "click-logger")["metadata"] == stream_scaler()["metadata"]


async def test_writes_nothing_in_its_first_rounds(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: cluster.writes(SCALE) != [], "a write")
    asked = [(r.method, str(r.url.path)) for r in cluster.server]
    first_write = next(
        n for n, (method, path) in enumerate(asked) if method == "PATCH" and path.endswith("/scale")
    )
    reads = asked[:first_write].count(("GET", DEPLOYMENT_PATH))
    assert reads == QUIET_ROUNDS + 1


@pytest.mark.parametrize(
    ("mode", "desired", "events"),
    [
        pytest.param("Observe", None, [("Warning", "NoData")], id="shows figures alone"),
        pytest.param(
            "Recommend", 3, [("Normal", "NoData"), ("Warning", "NoData")], id="and a wish"
        ),
    ],
)
async def test_scales_in_no_other_mode(
    cluster: Cluster, mode: str, desired: int | None, events: list[tuple[str, str]]
) -> None:
    cluster.put(SCALERS, stream_scaler(mode=mode))
    async with operator():
        await until(lambda: len(cluster.writes("/status")) >= 2, "two rounds that write")
        await until(lambda: len(cluster.events()) >= len(events), "events")
    assert cluster.replicas == 1
    assert cluster.writes(SCALE) == []
    status = cluster.get(SCALERS, "click-logger")["status"]
    assert status.get("desiredReplicas") == desired
    assert cluster.conditions()["ScalingActive"] == ("False", f"Mode{mode}")
    assert cluster.events() == events


def foreign(**reference: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "other"},
        "spec": {"scaleTargetRef": {"name": "click-logger", **reference}},
    }


@pytest.mark.parametrize(
    ("resource", "item", "titled"),
    [
        pytest.param(
            HPAS,
            foreign(apiVersion="apps/v1", kind="Deployment"),
            "HorizontalPodAutoscaler other",
            id="an HPA",
        ),
        pytest.param(SCALED_OBJECTS, foreign(), "ScaledObject other", id="KEDA"),
        pytest.param(SCALERS, stream_scaler("other"), "StreamScaler other", id="one of ours"),
    ],
)
async def test_does_not_fight(
    cluster: Cluster, resource: str, item: dict[str, Any], titled: str
) -> None:
    cluster.put(SCALERS, stream_scaler())
    cluster.put(resource, item)
    async with operator():
        await until(lambda: len(cluster.writes("click-logger/status")) >= 2, "two rounds")
    assert cluster.writes(SCALE) == []
    assert cluster.conditions() == {
        "Ready": ("False", "NoData"),
        "ScalingActive": ("False", "Conflict"),
        "Conflict": ("True", "OtherScaler"),
    }
    conditions = cluster.get(SCALERS, "click-logger")["status"]["conditions"]
    assert conditions[-1]["message"] == f"Deployment click-logger is also scaled by {titled}."
    assert ("Warning", "OtherScaler") in cluster.events()


async def test_a_scaler_that_only_recommends_is_in_nobodys_way(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    cluster.put(SCALERS, stream_scaler("other", mode="Recommend"))
    async with operator():
        await until(lambda: cluster.replicas == 3, "three replicas")


async def test_decides_anew_when_somebody_else_wrote_first(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    cluster.server[f"get {DEPLOYMENT_PATH}"] << deployment(1)
    cluster.server[f"patch {DEPLOYMENT_PATH}/scale"] << mock.KubernetesError(status=409)
    async with operator():
        await until(lambda: len(cluster.writes(SCALE)) >= 2, "a second try")
        await until(lambda: cluster.conditions() != {}, "a status")
    assert "lastScaleTime" not in cluster.get(SCALERS, "click-logger")["status"]
    assert cluster.events() == [("Warning", "NoData")]


async def test_tells_of_a_change_although_the_status_could_not_be_written(
    cluster: Cluster,
) -> None:
    cluster.put(SCALERS, stream_scaler())
    cluster.server[f"patch {SCALER_PATH}/status"][:1] << mock.KubernetesError(status=503)
    async with operator():
        await until(lambda: cluster.conditions() != {}, "a status")
        await until(lambda: len(cluster.events()) == 2, "two events")
    assert "lastScaleTime" in cluster.get(SCALERS, "click-logger")["status"]
    assert cluster.events() == [("Normal", "NoData"), ("Warning", "NoData")]


async def test_what_is_set_to_0_stays_off(cluster: Cluster) -> None:
    cluster.put(DEPLOYMENTS, deployment(0))
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: len(cluster.writes("/status")) >= 2, "two rounds that write")
    assert cluster.writes(SCALE) == []
    assert cluster.conditions()["ScalingActive"] == ("False", "SwitchedOff")


def ran(rounds: int, start: datetime = START) -> ScaledGroup:
    """A group whose sink lets too little through for its step from 6 replicas to have an effect."""
    group = ScaledGroup(ScalingPolicy(max_replicas=24), partitions=24, replicas=6)
    group.at = start
    group.run(120, arrival=780.0)
    group.run(1200, arrival=420.0)
    group.sink = 300
    group.run(10 * rounds, arrival=420.0)
    return group


def failed_step() -> tuple[ScaledGroup, ScaledGroup]:
    """Before and after the round, ten seconds ago and now, that takes the step back."""
    reasons = [decision.reason for decision in ran(100).decisions]
    rounds = reasons.index(Reason.STEP_WITHOUT_EFFECT) - len(ran(0).decisions)
    begun = datetime.now(UTC) - (ran(rounds + 1).at - START)
    return ran(rounds, begun), ran(rounds + 1, begun)


async def test_a_step_back_that_came_to_nothing_is_made_later(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rounds after the start, in which nothing is written, decide it first."""
    before, after = failed_step()

    async def reading(*_: Any, **__: Any) -> GroupReading:
        return GroupReading(tuple(after.offsets()), rebalancing=False)

    monkeypatch.setattr("lag_scaler.observer.read_group", reading)
    source = {"bootstrapServers": "127.0.0.1:1", "group": "g", "topics": ["eventos_clientes"]}
    item = stream_scaler(source=source, bounds={"minReplicas": 1, "maxReplicas": 24})
    cluster.put(SCALERS, item | {"status": {"state": before.state.to_document()}})
    cluster.put(DEPLOYMENTS, deployment(before.replicas))
    async with operator():
        await until(lambda: cluster.replicas != before.replicas, "the step back")
        assert cluster.replicas == after.replicas == 6
        await until(lambda: len(cluster.events()) > 0, "an event")
    assert cluster.events() == [("Normal", "StepWithoutEffect")]


async def test_says_so_when_it_may_not_scale(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    cluster.server[f"get {DEPLOYMENT_PATH}"] << deployment(1)
    cluster.server[f"patch {DEPLOYMENT_PATH}/scale"] << mock.KubernetesError(status=403)
    async with operator():
        await until(lambda: cluster.conditions() != {}, "a status")
    assert cluster.conditions()["ScalingActive"] == ("False", "ScalingRefused")


async def test_a_target_that_is_not_there(cluster: Cluster) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"}
    cluster.put(SCALERS, stream_scaler(target=target))
    async with operator():
        await until(lambda: cluster.conditions() != {}, "a status")
    assert cluster.conditions()["Ready"] == ("False", "TargetUnreadable")
    assert cluster.conditions()["ScalingActive"] == ("False", "TargetUnreadable")


async def test_writes_nothing_while_another_process_holds_the_lease(cluster: Cluster) -> None:
    held = {"holderIdentity": "pod-0", "leaseDurationSeconds": 3}
    cluster.put(LEASES, {"metadata": {"name": "lag-scaler", "resourceVersion": "1"}, "spec": held})
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        reads = f"get {DEPLOYMENT_PATH}"
        await until(lambda: len(cluster.server[reads]) > QUIET_ROUNDS + 1, "rounds")
        assert cluster.writes("/shop/") == []
        await until(lambda: cluster.replicas == 3, "the Lease has expired")
        assert cluster.get(LEASES, "lag-scaler")["spec"]["holderIdentity"] == "pod-1"
    assert cluster.get(LEASES, "lag-scaler")["spec"]["holderIdentity"] == ""


async def test_goes_on_with_what_it_had_learnt(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: cluster.conditions() != {}, "a status")
    learnt = cluster.get(SCALERS, "click-logger")["status"]
    async with operator("pod-2"):
        written = len(cluster.writes("/status"))
        await until(lambda: len(cluster.writes("/status")) > written, "another status")
    status = cluster.get(SCALERS, "click-logger")["status"]
    assert status["lastScaleTime"] == learnt["lastScaleTime"]
    since = {c["type"]: c["lastTransitionTime"] for c in learnt["conditions"]}
    assert {c["type"]: c["lastTransitionTime"] for c in status["conditions"]} == since


async def test_looks_no_more_after_an_object_that_is_gone(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator() as scalers:
        await until(lambda: cluster.conditions() != {}, "a status")
        async with (
            aiohttp.ClientSession(cluster.url) as session,
            session.delete(SCALER_PATH) as response,
        ):
            assert response.status == 200
        await until(lambda: scalers.names == set(), "the end of its loop")
        assert scalers.problem() is None


async def test_a_loop_that_ends_is_a_problem(cluster: Cluster) -> None:
    nameless = {"spec": {"replicas": 1}, "status": {"readyReplicas": 1}}
    cluster.server[f"get {DEPLOYMENT_PATH}"] << nameless  # nobody expects a KeyError
    cluster.put(SCALERS, stream_scaler())
    async with operator() as scalers:
        await until(lambda: scalers.problem() is not None, "the end of its loop")
        assert scalers.problem() == "the loop of click-logger has ended"


async def test_a_loop_that_hangs_is_a_problem(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock goes on, and the round waits for Kafka without an end."""
    asked, ahead = asyncio.Event(), [0.0]

    async def reading(*_: Any, **__: Any) -> GroupReading:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    monkeypatch.setattr("lag_scaler.observer.read_group", reading)
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[0])
    monkeypatch.setattr("lag_scaler.running_scalers.time", clock)
    source = {"bootstrapServers": "127.0.0.1:1", "group": "g", "topics": ["eventos_clientes"]}
    cluster.put(SCALERS, stream_scaler(source=source))
    async with operator() as scalers:
        async with asyncio.timeout(30):
            await asked.wait()
        ahead[0] = 20.0
        assert scalers.problem() is None
        ahead[0] = 60.0
        assert scalers.problem() == "the loop of click-logger hangs"


async def test_takes_a_changed_spec(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler())
    async with operator():
        await until(lambda: cluster.replicas == 3, "three replicas")
        await cluster.change(SCALERS, "click-logger", {"bounds": {"minReplicas": 5}})
        await until(lambda: cluster.replicas == 5, "five replicas")


async def test_a_spec_that_only_another_version_knows(cluster: Cluster) -> None:
    cluster.put(SCALERS, stream_scaler(mode="Dream"))
    async with operator() as scalers:
        await until(lambda: cluster.events() == [("Warning", "InvalidSpec")], "an event")
        assert scalers.names == set()


async def test_a_watch_that_shows_too_little_is_found(cluster: Cluster) -> None:
    async with operator() as scalers:
        await scalers.compare_watch()
        assert scalers.problem() is None
        cluster.put(SCALERS, stream_scaler())  # the watch is not told of it
        for _ in range(3):
            await scalers.compare_watch()
        assert scalers.problem() == "the watch does not show what became of click-logger"
