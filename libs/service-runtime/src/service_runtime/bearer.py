"""Tokens that callers send as `Authorization: Bearer`."""

from hmac import compare_digest
from typing import Final

_SCHEME: Final = b"bearer"


def is_bearer(authorization: bytes) -> bool:
    """Whether the header names this scheme."""
    return authorization.partition(b" ")[0].lower() == _SCHEME


def has_token(authorization: bytes, token: str) -> bool:
    """Whether the header gives this token. How long that takes says nothing of the token."""
    given = authorization.partition(b" ")[2].strip()
    return is_bearer(authorization) and compare_digest(given, token.encode())
