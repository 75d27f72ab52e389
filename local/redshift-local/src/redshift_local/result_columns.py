"""Result columns and VARBYTE, which PostgreSQL has as bytea.

Redshift sends VARBYTE as hexadecimal text under a type number of its own, and the driver hands that
text on where it and the server have agreed on the binary protocol. This server does not speak the
binary protocol, so the driver would decode the text once more. Therefore the text is sent encoded
twice: the driver then returns what it returns from Redshift. As parameters, bytes are sent by the
driver as hexadecimal text without a mark; PostgreSQL wants one.
"""

import struct
from dataclasses import dataclass
from typing import Final

BYTEA: Final = 17
VARBYTE: Final = 6551

_FIELD: Final = struct.Struct("!IHIhiH")
_SHORT: Final = struct.Struct("!H")
_LENGTH: Final = struct.Struct("!i")


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result: PostgreSQL's number of its type, and the type's modifier."""

    name: str
    oid: int
    modifier: int


def read_description(message: bytearray) -> list[ResultColumn]:
    """The columns of a RowDescription; where one is bytea, the message is changed to VARBYTE."""
    columns = []
    position = 7
    for _ in range(_SHORT.unpack_from(message, 5)[0]):
        end = message.index(0, position)
        name = message[position:end].decode("utf-8", "replace")
        table, number, oid, size, modifier, form = _FIELD.unpack_from(message, end + 1)
        if oid == BYTEA:
            _FIELD.pack_into(message, end + 1, table, number, VARBYTE, size, modifier, form)
        columns.append(ResultColumn(name, oid, modifier))
        position = end + 1 + _FIELD.size
    return columns


def read_parameters(message: bytes) -> list[int]:
    """Which parameters of a ParameterDescription are bytea, by position."""
    (count,) = _SHORT.unpack_from(message, 5)
    types = struct.unpack_from(f"!{count}I", message, 7)
    return [position for position, oid in enumerate(types) if oid == BYTEA]


def varbyte_row(message: bytes, positions: list[int]) -> bytes:
    """A DataRow whose values at `positions` are `\\x` and hexadecimal text, encoded again."""
    values = _read_values(message, 7, _SHORT.unpack_from(message, 5)[0])
    for position in positions:
        value = values[position]
        if value is not None:
            values[position] = value[2:].hex().encode()
    body = message[5:7] + _joined(values)
    return b"D" + _LENGTH.pack(len(body) + 4) + body


def varbyte_parameters(payload: bytes, positions: list[int]) -> bytes:
    """A Bind whose parameters at `positions`, hexadecimal text, bear the mark `\\x`."""
    start = payload.index(0, payload.index(0) + 1) + 1
    (forms,) = _SHORT.unpack_from(payload, start)
    given = struct.unpack_from(f"!{forms}H", payload, start + 2)
    head = start + 2 + 2 * forms
    (count,) = _SHORT.unpack_from(payload, head)
    values = _read_values(payload, head + 2, count)
    for position in positions:
        binary = given[position if forms > 1 else 0] if forms else 0
        value = values[position]
        if value is not None and not binary:
            values[position] = b"\\x" + value
    tail = head + 2 + sum(4 + len(v or b"") for v in _read_values(payload, head + 2, count))
    return payload[: head + 2] + _joined(values) + payload[tail:]


def _read_values(message: bytes, position: int, count: int) -> list[bytes | None]:
    """`count` values from `position` on, each after its length; the length -1 stands for NULL."""
    values: list[bytes | None] = []
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(message, position)
        position += 4
        values.append(None if length < 0 else message[position : position + length])
        position += max(length, 0)
    return values


def _joined(values: list[bytes | None]) -> bytes:
    return b"".join(
        _LENGTH.pack(-1) if value is None else _LENGTH.pack(len(value)) + value for value in values
    )
