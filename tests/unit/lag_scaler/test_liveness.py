import asyncio

import pytest

from lag_scaler.liveness import LOOP_SILENT_SECONDS, Liveness, Version, unseen
from lag_scaler.settings import Settings

OLD, NEW, OTHER = Version("a", 1), Version("a", 2), Version("b", 1)


@pytest.mark.parametrize(
    ("listed", "seen", "names"),
    [
        pytest.param({"x": OLD}, {"x": OLD}, set(), id="the same"),
        pytest.param({"x": OLD}, {}, {"x"}, id="new"),
        pytest.param({}, {"x": OLD}, {"x"}, id="gone"),
        pytest.param({"x": NEW}, {"x": OLD}, {"x"}, id="changed"),
        pytest.param({"x": OTHER}, {"x": OLD}, {"x"}, id="another of its name"),
    ],
)
def test_what_the_watch_has_not_shown(
    listed: dict[str, Version], seen: dict[str, Version], names: set[str]
) -> None:
    assert unseen(listed, seen) == names


def test_a_watch_is_dead_when_it_lacks_one_thing_three_times() -> None:
    liveness = Liveness(lambda: 0.0)
    for different in (["x"], ["x"], [], ["x"], ["x", "y"]):
        liveness.compared(different)
        assert liveness.problem() is None
    liveness.compared(["x", "y"])
    assert liveness.problem() == "the watch does not show what became of x"


def test_a_loop_is_dead_when_it_no_longer_goes_round() -> None:
    now = [0.0]
    liveness = Liveness(lambda: now[0])
    now[0] = LOOP_SILENT_SECONDS
    assert liveness.problem() is None
    now[0] += 1
    assert liveness.problem() == "the event loop has not gone round for 31 s"
    liveness.beat()
    assert liveness.problem() is None


async def test_a_background_task_that_ends_is_a_problem() -> None:
    liveness = Liveness(lambda: 0.0)
    goes_on = asyncio.Event()
    task = asyncio.create_task(_until(goes_on), name="the check of the watch")
    liveness.needs(task)
    assert liveness.problem() is None
    goes_on.set()
    with pytest.raises(KeyError):
        await task
    assert liveness.problem() == "the check of the watch has ended"


async def _until(event: asyncio.Event) -> None:
    await event.wait()
    raise KeyError("generation")


@pytest.mark.parametrize(
    ("interval", "timeout", "least"),
    [
        pytest.param(5, 5, 100, id="as it is set by default"),
        pytest.param(60, 60, 1200, id="as slow as may be set"),
    ],
)
def test_a_slow_round_is_not_a_dead_one(interval: float, timeout: float, least: float) -> None:
    settings = Settings(
        namespace="shop", interval_seconds=interval, request_timeout_seconds=timeout
    )
    assert least <= settings.longest_round_seconds - interval <= 2 * least


def test_it_is_ready_once_it_has_seen_the_api_server() -> None:
    liveness = Liveness(lambda: 0.0)
    assert liveness.unready() == "the API server was not reached yet"
    liveness.compared([])
    assert liveness.unready() is None
