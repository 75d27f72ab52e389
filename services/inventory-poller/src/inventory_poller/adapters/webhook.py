"""What the webhooks of an API look like: how they are signed, and which products they name.

A webhook only says what to read again. Its level is never used: it may be old, and it may come
after that of a later change.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec

from service_runtime.errors import PermanentError

_T = TypeVar("_T")
MOST_AT_ONCE: Final = 100
ProductId: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
"""What the API's webhooks name and its reading of single products takes; not `id_produto`."""


class WrongSignatureError(PermanentError):
    """A webhook that is not signed, or not by who knows the secret."""


class WrongBodyError(PermanentError):
    """A signed body that is not JSON, or not of the API's shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A signature is the HMAC-SHA256 of the body as it was sent, by a secret that both know."""

    header: str
    """The header with the signature; lower-case."""
    encode_signature: Callable[[bytes], str]
    """The text of a signature."""
    product_ids: Callable[[bytes], list[int]]
    """The products that a body names; none where it is of another event. WrongBodyError."""
    is_ping: Callable[[bytes], bool] = lambda _body: False
    """Whether a body is a trial, which the API does not sign."""
    most_at_once: int = MOST_AT_ONCE
    """Products that one reading may ask for."""

    def products(self, body: bytes, *, signature: str, secret: bytes) -> list[int]:
        """The products that a webhook names. WrongSignatureError or WrongBodyError."""
        if self.is_ping(body):
            return []
        expected = self.encode_signature(hmac.digest(secret, body, "sha256"))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise WrongSignatureError("the signature is missing or wrong")
        return self.product_ids(body)


def as_base64(signature: bytes) -> str:
    """RFC 4648, with its padding."""
    return b64encode(signature).decode()


def as_hex(signature: bytes) -> str:
    """Lower-case."""
    return signature.hex()


def read_body(body: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[_T]) -> _T:
    """WrongBodyError where it does not fit; the error quotes nothing."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise WrongBodyError("the body is not JSON of the API's shape") from error
