"""Whose answer is whose, and what the client sees of it."""

import asyncio

import pytest

from redshift_local import wire
from redshift_local.replies import Replies, Request

READY = bytearray(b"Z\x00\x00\x00\x05I")
PARSED = bytearray(b"1\x00\x00\x00\x04")
FAILED = bytearray(wire.error("no", "42601"))


def seen(replies: Replies, message: bytes | bytearray) -> bytes | None:
    answer = replies.answer(message[0], bytearray(message))
    return None if answer is None else bytes(answer)


@pytest.fixture
def replies() -> Replies:
    return Replies(is_redshift_connector=True)


def test_own_answers_are_kept_among_the_clients(replies: Replies) -> None:
    for own in (False, True, False):
        replies.expect(Request(b"P", own=own))
    assert [seen(replies, PARSED) for _ in range(3)] == [bytes(PARSED), None, bytes(PARSED)]


async def test_after_an_error_nothing_is_awaited_until_sync(replies: Replies) -> None:
    before, after = (asyncio.get_running_loop().create_future() for _ in range(2))
    replies.expect(Request(b"P"))
    replies.expect(Request(b"D", own=True, started=before))
    assert seen(replies, FAILED) == bytes(FAILED)
    replies.expect(Request(b"E", started=after))
    assert (await before, await after) == (None, None)
    replies.expect(Request(b"S"))
    replies.expect(Request(b"P", own=True))
    assert seen(replies, READY) == bytes(READY)
    assert seen(replies, PARSED) is None


def test_a_failed_simple_query_still_ends_with_ready(replies: Replies) -> None:
    replies.expect(Request(b"Q"))
    replies.expect(Request(b"P", own=True))
    seen(replies, FAILED)
    assert seen(replies, READY) == bytes(READY)
    assert seen(replies, PARSED) is None


def test_a_refusal_takes_the_place_of_the_error_it_provokes(replies: Replies) -> None:
    first = replies.refusal("no such thing", "0A000")
    second = replies.refusal("nor this", "0A000")
    error = wire.error(f'syntax error at or near "{second}"', "42601")
    assert seen(replies, error) == wire.error("nor this", "0A000")
    third = replies.refusal("again", "XX000")
    assert len({first, second, third}) == 3
    assert seen(replies, wire.error(f"COPY from stdin failed: {first}", "57014")) == wire.error(
        "no such thing", "0A000"
    )


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("varchar_bytes_4_nome", "value too long for type character varying(4)"),
        ("varbyte_bytes_64000_a", "value too long for type binary varying(64000)"),
        ("char_bytes_1_a", "value too long for type character(1)"),
    ],
)
def test_lengths_in_bytes_fail_as_on_redshift(
    replies: Replies, constraint: str, message: str
) -> None:
    fields = {b"S": "ERROR", b"C": "23514", b"M": "violates", b"n": constraint}
    assert seen(replies, wire.error_of(fields.items())) == wire.error(message, "22001")


def test_tags_and_version_are_those_of_redshift(replies: Replies) -> None:
    replies.expect(Request(b"E", tag=b"CREATE TABLE"))
    replies.expect(Request(b"E"))
    assert seen(replies, wire.frame(b"C", b"DO\0")) == wire.frame(b"C", b"CREATE TABLE\0")
    assert seen(replies, wire.frame(b"C", b"COPY 5\0")) == wire.frame(b"C", b"COPY\0")
    version = wire.frame(b"S", b"server_version\x0018.4\0")
    assert seen(replies, version) == wire.frame(b"S", b"server_version\x008.0.2\0")
    zone = wire.frame(b"S", b"TimeZone\0UTC\0")
    assert seen(replies, zone) == zone


@pytest.mark.parametrize(("is_redshift_connector", "end"), [(True, b"\0"), (False, b"\0\0")])
def test_the_driver_gets_mechanisms_without_an_end(is_redshift_connector: bool, end: bytes) -> None:
    offered = wire.frame(b"R", b"\0\0\0\x0aSCRAM-SHA-256\0\0")
    expected = wire.frame(b"R", b"\0\0\0\x0aSCRAM-SHA-256" + end)
    assert seen(Replies(is_redshift_connector=is_redshift_connector), offered) == expected


async def test_nobody_waits_for_a_server_that_is_gone(replies: Replies) -> None:
    waiting = asyncio.get_running_loop().create_future()
    replies.expect(Request(b"D", started=waiting))
    replies.abandon()
    assert await waiting is None


@pytest.mark.parametrize(
    ("tags", "own", "state", "outgrown"),
    [
        ([b"INSERT 0 60000", b"COPY 40000"], False, b"T", True),
        ([b"INSERT 0 60000", b"COPY 39999"], False, b"T", False),
        ([b"SELECT 100000", b"DELETE 100000"], False, b"T", False),
        ([b"COPY 100000"], True, b"T", False),
        ([b"COPY 100000"], False, b"I", False),
        ([b"COPY 100000"], False, b"E", False),
    ],
)
def test_what_a_transaction_wrote_makes_statistics_old(
    replies: Replies, tags: list[bytes], own: bool, state: bytes, outgrown: bool
) -> None:
    for tag in tags:
        replies.expect(Request(b"E", own=own))
        seen(replies, wire.frame(b"C", tag + b"\0"))
    replies.expect(Request(b"S"))
    seen(replies, wire.frame(b"Z", state))
    assert replies.outgrows_statistics() is outgrown
    assert replies.outgrows_statistics() is False
