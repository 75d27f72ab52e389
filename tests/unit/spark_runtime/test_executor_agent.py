"""What the agent asks for and answers, and what it does while something is away."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.waiting import wait_until

from service_runtime.errors import PermanentError, TransientError
from spark_runtime import executor_agent as module
from spark_runtime.config_map import ClusterAccess
from spark_runtime.executor_agent import ExecutorAgent, initial_properties
from spark_runtime.executor_scaling import ExecutorState

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Data:
    """What is asked for and answered, unless it is away; and each answer."""

    def __init__(self, **held: str) -> None:
        self.held = held
        self.answers: list[Mapping[str, str]] = []
        self.error: Exception | None = None

    def read(self) -> Mapping[str, str]:
        if self.error:
            raise self.error
        return dict(self.held)

    def merge(self, data: Mapping[str, str]) -> None:
        if self.error:
            raise self.error
        self.answers.append(data)
        self.held |= data


class Executors:
    """A cluster that starts what it is asked for at once, and ends what is decommissioned."""

    def __init__(self, count: int) -> None:
        self.made = self.requested = count
        self.registered = {str(n): n for n in range(1, count + 1)}

    def look(self) -> ExecutorState:
        return ExecutorState(requested=self.requested, registered=dict(self.registered))

    def request(self, count: int) -> None:
        self.requested = count
        while len(self.registered) < count:
            self.made += 1
            self.registered[str(self.made)] = self.made

    def decommission(self, names: tuple[str, ...]) -> None:
        for name in names:
            del self.registered[name]


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_it_does_what_is_asked_for_and_answers_in_the_same_round() -> None:
    data, executors = Data(wanted="3"), Executors(1)
    agent = ExecutorAgent(data, executors, clock=Clock())
    agent.advance()
    assert sorted(executors.registered) == ["1", "2", "3"]
    data.held["wanted"] = "1"
    agent.advance()
    assert sorted(executors.registered) == ["1"]
    assert [(a["requested"], a["running"], a["message"]) for a in data.answers] == [
        ("3", "3", "3 asked for, 3 running."),
        ("1", "1", "1 asked for, 1 running."),
    ]


def test_an_answer_that_has_not_changed_is_given_again_after_20_seconds() -> None:
    data, clock = Data(), Clock()
    agent = ExecutorAgent(data, Executors(2), clock=clock)
    for seconds in (0, 3, 17, 20, 23, 39, 40):
        clock.now = NOON + timedelta(seconds=seconds)
        agent.advance()
    answered = [datetime.fromisoformat(a["answeredAt"]) - NOON for a in data.answers]
    assert answered == [timedelta(seconds=n) for n in (0, 20, 40)]


def test_what_is_no_number_is_held_and_told() -> None:
    data, executors = Data(wanted="many"), Executors(2)
    ExecutorAgent(data, executors, clock=Clock()).advance()
    assert (executors.requested, len(executors.registered)) == (2, 2)
    assert data.held["message"] == (
        "2 asked for, 2 running. Held: `wanted`, 'many', is no whole number of at least 1."
    )


@pytest.mark.parametrize("error", [TransientError("away"), PermanentError("forbidden")])
def test_while_the_api_server_does_not_answer_the_executors_stay(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    data, executors = Data(wanted="3"), Executors(1)
    data.error = error
    agent = ExecutorAgent(data, executors)
    with caplog.at_level(logging.WARNING):
        agent.start()
        wait_until(lambda: caplog.records, "a warning")
        assert executors.requested == 1
        data.error = None
        wait_until(lambda: data.answers, "an answer")
    agent.stop()
    assert executors.requested == 3
    (record,) = caplog.records
    assert record.getMessage() == "the number of executors: waiting to try again"


@pytest.mark.parametrize(
    ("held", "error", "properties"),
    [
        pytest.param({"wanted": "3"}, None, {"spark.executor.instances": "3"}, id="asked for"),
        pytest.param({}, None, {}, id="nobody has asked"),
        pytest.param({"wanted": "0"}, None, {}, id="no number"),
        pytest.param({"wanted": "3"}, TransientError("away"), {}, id="away"),
        pytest.param({"wanted": "3"}, PermanentError("forbidden"), {}, id="refused"),
    ],
)
def test_a_driver_begins_with_what_was_asked_for(
    held: dict[str, str], error: Exception | None, properties: dict[str, str]
) -> None:
    data = Data(**held)
    data.error = error
    assert initial_properties(data) == properties


def test_a_pod_knows_its_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(PermanentError, match="not in a pod of Kubernetes"):
        ClusterAccess.of_pod()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    found = ClusterAccess.of_pod()
    assert (found.host, found.port) == ("10.96.0.1", 443)
