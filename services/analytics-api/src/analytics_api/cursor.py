"""Cursors: where a page of a list ended."""

import base64
import binascii


class CursorError(ValueError):
    """The cursor is not one that a page ended with."""


def encode_cursor(last: str) -> str:
    """The cursor of a page that ends with this key; opaque to clients."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The key that a cursor stands for. Raises CursorError."""
    try:
        raw = cursor.encode("ascii")
        last = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
        decoded = last.decode()
    except (UnicodeError, binascii.Error) as error:
        raise CursorError("not a cursor of this list") from error
    if not decoded or encode_cursor(decoded) != cursor:
        raise CursorError("not a cursor of this list")
    return decoded
