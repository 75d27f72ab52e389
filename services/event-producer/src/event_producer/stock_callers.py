"""Who may send stock updates: programs that know the token, and no page."""

from collections.abc import Mapping

from event_producer.refusal import browser_origin, unauthorized
from service_runtime.bearer import has_token, is_bearer


def refuse_pages(headers: Mapping[bytes, bytes]) -> None:
    """`RefusedError` (403) where an origin is named, as a browser does with the POST of any page.

    So no page gets in, not even one that was told the token.
    """
    if b"origin" in headers:
        raise browser_origin()


def check_token(headers: Mapping[bytes, bytes], *, token: str) -> None:
    """`RefusedError` (401) unless the request has it; how long that takes tells nothing of it."""
    authorization = headers.get(b"authorization", b"")
    if not has_token(authorization, token):
        raise unauthorized(token_given=is_bearer(authorization))
