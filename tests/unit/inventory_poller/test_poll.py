import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.adapter_round import json_response
from tests.support.scripted_api import START, ScriptedApi, ScriptedPoll, answer, shop_answer

from inventory_poller.adapters.contract import (
    Call,
    LimitedError,
    Page,
    Request,
    Response,
    Start,
    UnreadableError,
)
from inventory_poller.poll import StatusError, _digest, _read
from inventory_poller.schedule import LONGEST_ASKED_WAIT
from inventory_poller.stores import StoreAwayError


@pytest.fixture
def made() -> Iterator[list[ScriptedPoll]]:
    polls: list[ScriptedPoll] = []
    yield polls
    for each in polls:
        each.stores.close()


class Make:
    def __init__(self, folder: Path, made: list[ScriptedPoll]) -> None:
        self._folder, self._made = folder, made

    def __call__(self, api: ScriptedApi, /, **settings: Any) -> ScriptedPoll:
        for each in self._made:
            each.stores.close()
        self._made[:] = [ScriptedPoll(self._folder, api, **settings)]
        return self._made[0]


@pytest.fixture
def make(tmp_path: Path, made: list[ScriptedPoll]) -> Make:
    return Make(tmp_path, made)


class Leading:
    """An adapter whose first page is given."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def first(self, _start: Start) -> Call:
        return Call(Request(target="/"), lambda _: self._page)


def limited(**headers: str) -> Response:
    return Response(429, headers, b"")


async def test_what_kafka_did_not_take_is_emitted_again(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5)), answer(("p1", 5)))
    poll = make(api)
    poll.kafka.refuse = lambda _message: True
    with pytest.raises(StoreAwayError):
        await poll.poll.run()
    assert poll.stores.problem is not None
    poll.kafka.refuse = lambda _message: False
    await poll.poll.run()
    assert poll.emitted == ["p1"]
    assert poll.stores.problem is None
    assert {request.target for request in api.requests} == {"/estoque?limite=1000"}


async def test_what_was_read_before_a_failure_is_kept(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5), proximo="r-1", mais=True), UnreadableError("broken"))
    poll = make(api)
    with pytest.raises(UnreadableError):
        await poll.poll.run()
    await poll.poll.run()
    assert poll.emitted == ["p1"]
    assert api.requests[-1].target == "/estoque?cursor=r-1&limite=1000"


async def test_a_new_process_goes_on_where_the_last_one_was(make: Make) -> None:
    await make(ScriptedApi(answer(("p1", 5), ("p2", 6), proximo="r-9"))).poll.run()
    api = ScriptedApi(answer(("p1", 5), ("p2", 7), proximo="r-10"))
    poll = make(api)
    await poll.poll.run()
    assert poll.emitted == ["p2"]
    assert api.requests[0].target == "/estoque?cursor=r-9&limite=1000"


async def test_a_state_file_that_fails_is_no_failure_of_the_api(make: Make) -> None:
    poll = make(ScriptedApi(answer(("p1", 5))))
    poll.state._connection.execute("ALTER TABLE credentials RENAME TO away")
    with pytest.raises(StoreAwayError):
        await poll.poll.run()
    assert "no such table" in str(poll.stores.problem)
    poll.state._connection.execute("ALTER TABLE away RENAME TO credentials")
    await poll.poll.run()
    assert (poll.stores.problem, poll.emitted) == (None, ["p1"])


async def test_a_level_that_another_wrote_is_replaced_though_it_is_the_known_one(
    make: Make,
) -> None:
    """`POST /estoque` wrote another level at 11:01, which the poller never learns of."""
    later = answer(("p1", 5), moment="2026-03-02T11:02:00+00:00")
    poll = make(ScriptedApi(answer(("p1", 5)), later))
    await poll.poll.run()
    await poll.poll.run()
    sent = [json.loads(message[1]) for message in poll.kafka.taken]
    assert [(each["nivel_estoque"], each["ultima_atualizacao"]) for each in sent] == [
        (5, "2026-03-02T11:00:00Z"),
        (5, "2026-03-02T11:02:00Z"),
    ]


async def test_an_api_begun_anew_with_the_same_levels_is_emitted(make: Make) -> None:
    """Its old cursor is unknown, and its levels have another date."""
    entries = [("p1", 5), ("p2", 6)]
    anew = answer(*entries, proximo="s-1", moment="2026-03-02T11:30:00+00:00")
    poll = make(ScriptedApi(answer(*entries), json_response({}, status=410), anew))
    await poll.poll.run()
    await poll.poll.run()
    assert poll.emitted == ["p1", "p2"] * 2


async def test_a_round_without_news_writes_nothing(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5)), answer(), answer())
    poll = make(api)
    await poll.poll.run()
    written = poll.writes
    await poll.poll.run()
    assert (poll.writes, poll.emitted) == (written, ["p1"])


async def test_an_api_that_leads_in_a_circle_is_left(make: Make) -> None:
    circle = [answer(proximo=name, mais=True) for name in ("a", "b", "a", "b")]
    api = ScriptedApi(*circle)
    with pytest.raises(UnreadableError, match="leads back"):
        await make(api).poll.run()
    assert len(api.requests) == 3


def test_a_request_is_remembered_by_16_bytes() -> None:
    requests = [
        Request(target="/a" * 1000),
        Request(target="/\udcff"),
        Request(target="/b"),
        Request(target="/b", body=b""),
        Request(target="/b", body=b"after"),
        Request(target="/b", headers={"If-None-Match": "x"}),
        Request(target="/b", headers={"If-None-Match": "y"}),
    ]
    digests = {_digest(request) for request in requests}
    assert [len(digest) for digest in digests] == [16] * len(requests)
    assert {_digest(replace(request)) for request in requests} == digests


async def test_an_api_without_an_end_is_left(make: Make) -> None:
    api = ScriptedApi(*(answer(proximo=f"r-{n}", mais=True) for n in range(9)))
    with pytest.raises(UnreadableError, match="more than 5 pages"):
        await make(api, max_requests=5).poll.run()


async def test_a_limit_of_the_rate_is_waited_out(make: Make) -> None:
    api = ScriptedApi(limited(**{"retry-after": "2"}), answer(("p1", 5)))
    poll = make(api)
    await poll.poll.run()
    assert (poll.slept, poll.emitted) == ([2.0], ["p1"])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        pytest.param({"retry-after": "120"}, 120.0, id="longer than a round waits"),
        pytest.param({}, None, id="not said"),
    ],
)
async def test_a_long_limit_ends_the_round(
    headers: dict[str, str], wait: float | None, make: Make
) -> None:
    with pytest.raises(LimitedError) as caught:
        await make(ScriptedApi(limited(**headers))).poll.run()
    assert caught.value.wait == wait


async def test_a_limit_that_does_not_pass_ends_the_round(make: Make) -> None:
    poll = make(ScriptedApi(*[limited(**{"retry-after": "1"})] * 9))
    with pytest.raises(LimitedError):
        await poll.poll.run()
    assert poll.slept == [1.0] * 4


async def test_the_apis_own_limit_delays_the_next_request(make: Make) -> None:
    first = answer(("p1", 5), mais=True)
    limits = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "500"}
    poll = make(ScriptedApi(Response(200, limits, first.body), answer(proximo="r-2")))
    await poll.poll.run()
    assert poll.slept == [0.5]


async def test_a_long_pause_ends_the_round_and_is_not_waited_for_twice(make: Make) -> None:
    first = answer(("p1", 5), mais=True)
    limits = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "60001"}
    poll = make(ScriptedApi(Response(200, limits, first.body), answer(("p2", 6), proximo="r-2")))
    with pytest.raises(LimitedError) as caught:
        await poll.poll.run()
    assert caught.value.wait == pytest.approx(60.001)
    await poll.poll.run()
    assert (poll.slept, poll.emitted) == ([], ["p1", "p2"])


async def test_a_pause_without_end_is_cut(make: Make) -> None:
    page = Page(next=Call(Request(target="/next"), lambda _: Page()), pause=1e18)
    poll = make(ScriptedApi())
    poll.poll._adapter = Leading(page)
    with pytest.raises(LimitedError) as caught:
        await poll.poll.run()
    assert caught.value.wait == LONGEST_ASKED_WAIT


async def test_a_slow_pace_of_the_settings_is_kept(make: Make) -> None:
    poll = make(ScriptedApi(answer(("p1", 5))), requests_per_second=0.01)
    await poll.poll.run()
    assert (poll.slept, poll.emitted) == ([100.0], ["p1"])


async def test_requests_keep_their_distance(make: Make) -> None:
    api = ScriptedApi(answer(mais=True), answer(proximo="r-2"))
    poll = make(api, requests_per_second=4)
    await poll.poll.run()
    assert poll.slept == [0.25, 0.25]


async def test_another_status_says_what_it_asks_for(make: Make) -> None:
    api = ScriptedApi(Response(503, {"retry-after": "Mon, 02 Mar 2026 12:00:09 GMT"}, b""))
    with pytest.raises(StatusError, match="503") as caught:
        await make(api).poll.run()
    assert caught.value.wait == 9.0


@pytest.mark.parametrize("error", [AttributeError, KeyError, TypeError, ZeroDivisionError])
def test_what_an_adapter_does_not_foresee_is_a_fault_of_the_answer(error: type[Exception]) -> None:
    def read(_response: Response) -> Page:
        raise error("secret")

    with pytest.raises(UnreadableError, match=error.__name__) as caught:
        _read(Call(Request(target="/"), read), Response(200, {}, b""))
    assert "secret" not in str(caught.value)


async def test_all_stock_is_read_again_when_it_is_time(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5), proximo="r-1"))
    poll = make(api, resync_seconds=3600)
    await poll.poll.run()
    poll.now = START + timedelta(seconds=3599)
    await poll.poll.run()
    poll.now = START + timedelta(seconds=3600)
    api.answers = [answer(("p1", 4), proximo="r-1", mais=True), UnreadableError("broken")]
    with pytest.raises(UnreadableError):
        await poll.poll.run()
    await poll.poll.run()
    await poll.poll.run()
    beginning, after = "/estoque?limite=1000", "/estoque?cursor=r-1&limite=1000"
    targets = [request.target for request in api.requests]
    assert targets == [beginning, after, beginning, after, after, after]


async def test_a_silent_location_is_heard_of(make: Make) -> None:
    poll = make(ScriptedApi(answer(("p1", 5), ("p2", 6))))
    await poll.poll.run()
    for seconds in (59, 60, 61, 120):
        poll.now = START + timedelta(seconds=seconds)
        await poll.poll.run()
    assert poll.emitted == ["p1", "p2", "p1", "p2"]
    values = [json.loads(message[1]) for message in poll.kafka.taken]
    assert values[2] == values[0]


async def test_a_round_that_takes_long_is_a_sign_of_life(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5)))
    poll = make(api, requests_per_second=1)
    await poll.poll.run()
    api.answers = [answer(proximo=f"r-{number}", mais=True) for number in range(2, 6)]
    poll.advances = timedelta(seconds=50)
    await poll.poll.run()
    # It asks 50, 100, 150, 200 and 250 seconds after that, and repeats the update twice.
    assert poll.emitted == ["p1"] * (1 + 2)


async def test_a_failed_round_is_no_sign_of_life(make: Make) -> None:
    api = ScriptedApi(answer(("p1", 5)))
    poll = make(api)
    await poll.poll.run()
    poll.now = START + timedelta(seconds=61)
    api.answers = [json_response([], status=500)]
    with pytest.raises(StatusError):
        await poll.poll.run()
    assert poll.emitted == ["p1"]


async def test_products_read_again_change_nothing_of_the_next_round(make: Make) -> None:
    api = ScriptedApi(*(shop_answer((1, level)) for level in (9, 8, 7, 6)))
    poll = make(api, api="woocommerce", resync_seconds=3600)
    await poll.poll.run()
    poll.now = START + timedelta(minutes=20)
    await poll.poll.read_again([1])
    await poll.poll.run()
    poll.now = START + timedelta(minutes=60)
    await poll.poll.run()
    sweep, again, changed, second_sweep = (request.target for request in api.requests)
    assert "include=1&" in again
    assert "modified_after=2026-03-02T11%3A55%3A00" in changed
    assert sweep == second_sweep
    assert [json.loads(message[1])["nivel_estoque"] for message in poll.kafka.taken] == [9, 8, 7, 6]


async def test_what_is_read_again_without_a_change_is_not_emitted(make: Make) -> None:
    api = ScriptedApi(*[shop_answer((1, 9))] * 3)
    poll = make(api, api="woocommerce")
    await poll.poll.run()
    written = poll.writes
    for _ in range(2):
        await poll.poll.read_again([1])
    assert (poll.writes, poll.emitted) == (written, ["1"])


async def test_a_new_process_knows_what_was_read_again(make: Make) -> None:
    poll = make(ScriptedApi(shop_answer((1, 9)), shop_answer((1, 8))), api="woocommerce")
    await poll.poll.run()
    await poll.poll.read_again([1])
    api = ScriptedApi(shop_answer((1, 8)))
    later = make(api, api="woocommerce", webhooks=True)
    await later.poll.run()
    assert "modified_after" in api.requests[0].target, "the switch changes nothing of what is read"
    [heartbeat] = [json.loads(message[1]) for message in later.kafka.taken]
    assert heartbeat["nivel_estoque"] == 8


async def test_a_level_of_what_is_not_tracked_is_taken_up_without_reading_all_anew(
    make: Make,
) -> None:
    """A shop that finds a product sold out for ever, since it is not tracked any more, names the
    level only then: the product must still be known."""
    settings: dict[str, Any] = {"api": "woocommerce", "resync_seconds": 3600}
    poll = make(ScriptedApi(shop_answer((1, 0)), shop_answer((1, None), (2, None))), **settings)
    await poll.poll.run()
    await poll.poll.run()
    assert poll.emitted == ["1"], "without the setting nothing is sent"
    api = ScriptedApi(*[shop_answer((1, None), (2, None))] * 2, shop_answer((1, 0), (2, 7)))
    later = make(api, untracked_level=1000, **settings)
    for _ in range(3):
        await later.poll.run()
    sent = [json.loads(message[1]) for message in later.kafka.taken]
    assert [(each["id_produto"], each["nivel_estoque"]) for each in sent] == [
        ("1", 1000),
        ("1", 0),
        ("2", 7),
    ]
    assert all("modified_after" in request.target for request in api.requests)
