"""Messages, and VARBYTE within them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_local import result_columns, wire


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(0, 200))
def test_messages_are_found_whole_wherever_the_stream_is_cut(
    payloads: list[bytes], cut: int
) -> None:
    frames = [wire.frame(b"D", payload) for payload in payloads]
    buffer = bytearray(b"".join(frames)[:cut])
    found = [bytes(buffer[start:end]) for _, start, end in wire.complete_messages(buffer)]
    assert found == frames[: len(found)]
    assert len(buffer) - sum(map(len, found)) < 45


def test_start_up_keeps_what_postgres_knows() -> None:
    packet = wire.start_up(b"user\0u\0database\0d\0driver_version\0x\0os_version\0y\0\0")
    length, protocol = struct.unpack_from("!II", packet)
    assert (length, protocol) == (len(packet), 196_608)
    values = packet[8:].rstrip(b"\0").split(b"\0")
    assert dict(zip(values[::2], values[1::2], strict=True)) == {
        b"user": b"u",
        b"database": b"d",
        b"default_transaction_isolation": b"repeatable read",
        b"timezone": b"UTC",
        b"standard_conforming_strings": b"off",
        b"escape_string_warning": b"off",
        b"client_min_messages": b"warning",
        b"enable_material": b"off",
    }


def values_of(*values: bytes | None) -> bytes:
    parts = [struct.pack("!i", -1 if v is None else len(v)) + (v or b"") for v in values]
    return struct.pack("!H", len(values)) + b"".join(parts)


def test_description_says_varbyte_for_bytea() -> None:
    def field(name: bytes, oid: int) -> bytes:
        return name + b"\0" + struct.pack("!IHIhiH", 1, 2, oid, -1, 7, 0)

    message = wire.frame(b"T", struct.pack("!H", 2) + field(b"a", 17) + field(b"b", 23))
    changed = bytearray(message)
    found = result_columns.read_description(changed)
    assert [(c.name, c.oid, c.modifier) for c in found] == [("a", 17, 7), ("b", 23, 7)]
    assert bytes(changed) == message.replace(struct.pack("!I", 17), struct.pack("!I", 6551))


def test_rows_encode_varbyte_once_more() -> None:
    row = wire.frame(b"D", values_of(b"\\xff00", b"x", None))
    expected = wire.frame(b"D", values_of(b"66663030", b"x", None))
    assert result_columns.varbyte_row(row, [0, 2]) == expected


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        pytest.param((), b"\\xff", id="text by default"),
        pytest.param((0,), b"\\xff", id="text for all"),
        pytest.param((0, 1), b"\\xff", id="text"),
        pytest.param((1,), b"ff", id="binary for all"),
        pytest.param((1, 0), b"ff", id="binary"),
    ],
)
def test_bytes_as_parameters_get_their_mark(forms: tuple[int, ...], expected: bytes) -> None:
    head = b"portal\0statement\0" + struct.pack(f"!H{len(forms)}H", len(forms), *forms)
    tail = struct.pack("!HH", 1, 1)
    given_values, wanted = values_of(b"ff", None), values_of(expected, None)
    changed = result_columns.varbyte_parameters(head + given_values + tail, [0, 1])
    assert changed == head + wanted + tail
