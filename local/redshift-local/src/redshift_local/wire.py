"""Messages of PostgreSQL's wire protocol, version 3: bytes in, bytes out.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final

PROTOCOL: Final = 196_608
CANCEL_REQUEST: Final = 80_877_102
ENCRYPTION_REQUESTS: Final = (80_877_103, 80_877_104)
COPY_DATA: Final = b"d"
COPY_DONE: Final = b"c\x00\x00\x00\x04"
FLUSH: Final = b"H\x00\x00\x00\x04"
SYNC: Final = b"S\x00\x00\x00\x04"

_HEADER: Final = struct.Struct("!I")
_KNOWN_PARAMETERS: Final = (b"user", b"database", b"application_name", b"client_encoding")
_SESSION: Final = {
    b"default_transaction_isolation": b"repeatable read",
    b"timezone": b"UTC",
    b"standard_conforming_strings": b"off",
    b"escape_string_warning": b"off",
    b"client_min_messages": b"warning",
    b"enable_material": b"off",  # else a table without statistics is read again for every row
}


def frame(code: bytes, payload: bytes) -> bytes:
    """A message with its length."""
    return code + _HEADER.pack(len(payload) + 4) + payload


def complete_messages(buffer: bytearray) -> Iterator[tuple[int, int, int]]:
    """The code of each whole message in the buffer, where it begins and where it ends."""
    start, filled = 0, len(buffer)
    while filled - start >= 5:
        end = start + 1 + _HEADER.unpack_from(buffer, start + 1)[0]
        if end > filled:
            return
        yield buffer[start], start, end
        start = end


def start_up(parameters: bytes) -> bytes:
    """A start-up packet for PostgreSQL: what it knows of the driver's parameters, and what makes
    a session of it behave as one of Redshift (snapshot isolation, UTC, backslashes escape, joins
    by hash or index)."""
    values = parameters.rstrip(b"\0").split(b"\0")
    given = dict(zip(values[::2], values[1::2], strict=False))
    kept = {name: given[name] for name in _KNOWN_PARAMETERS if name in given} | _SESSION
    body = b"".join(name + b"\0" + value + b"\0" for name, value in kept.items()) + b"\0"
    return struct.pack("!II", len(body) + 8, PROTOCOL) + body


def parse(name: bytes, sql: str, types: bytes = b"\0\0") -> bytes:
    """Parse; `types` is the tail of the message that gives the types of parameters."""
    return frame(b"P", name + b"\0" + sql.encode() + b"\0" + types)


def bind(portal: bytes, name: bytes) -> bytes:
    """Bind a statement without parameters."""
    return frame(b"B", portal + b"\0" + name + b"\0" + bytes(6))


def describe(name: bytes) -> bytes:
    """Describe a statement."""
    return frame(b"D", b"S" + name + b"\0")


def execute(portal: bytes) -> bytes:
    """Execute a portal to its end."""
    return frame(b"E", portal + b"\0" + bytes(4))


def close(name: bytes) -> bytes:
    """Close a statement."""
    return frame(b"C", b"S" + name + b"\0")


def close_portal(name: bytes) -> bytes:
    """Close a portal, which else lasts as long as its transaction."""
    return frame(b"C", b"P" + name + b"\0")


def query(sql: str) -> bytes:
    """A simple query."""
    return frame(b"Q", sql.encode() + b"\0")


def error(message: str, state: str, severity: str = "ERROR", *, detail: str = "") -> bytes:
    """ErrorResponse."""
    fields = {b"S": severity, b"V": severity, b"C": state, b"M": message}
    if detail:
        fields[b"D"] = detail
    return error_of(fields.items())


def error_of(fields: Iterable[tuple[bytes, str]]) -> bytes:
    """ErrorResponse of these fields."""
    body = b"".join(code + text.encode() + b"\0" for code, text in fields)
    return frame(b"E", body + b"\0")


def error_fields(message: bytes) -> dict[bytes, str]:
    """The fields of an ErrorResponse by their codes."""
    parts = message[5:].rstrip(b"\0").split(b"\0")
    return {part[:1]: part[1:].decode("utf-8", "replace") for part in parts}


def strings(payload: bytes, count: int) -> tuple[list[bytes], bytes]:
    """The first `count` strings of a payload, and what follows them."""
    *found, rest = payload.split(b"\0", count)
    return found, rest
