"""Who may send stock updates: programs that know the token, and no page."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Final

from event_producer.refusal import from_a_page, unauthorized

_SCHEME: Final = b"bearer"


def refuse_pages(headers: Mapping[bytes, bytes]) -> None:
    """`RefusedError` (403) where an origin is named, as a browser does with the POST of any page.

    So no page gets in, not even one that was told the token.
    """
    if b"origin" in headers:
        raise from_a_page()


def check_token(headers: Mapping[bytes, bytes], *, token: str) -> None:
    """`RefusedError` (401) unless the request has it; how long that takes tells nothing of it."""
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != _SCHEME:
        raise unauthorized(token_given=False)
    if not compare_digest(given.strip(), token.encode()):
        raise unauthorized(token_given=True)
