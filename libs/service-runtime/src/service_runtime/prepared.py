"""Bodies that are made once and sent often, and the check whether a client has one already."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prepared:
    """A body and its strong ETag."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes) -> "Prepared":
        """The same bytes have the same ETag, in every process."""
        return cls(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')


def has_it(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the ETag, by the weak comparison of RFC 9110."""
    if if_none_match is None:
        return False
    names = [name.strip().removeprefix("W/") for name in if_none_match.split(",")]
    return etag in names or names == ["*"]
