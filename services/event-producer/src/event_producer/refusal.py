"""The ways in which a request is refused, each with its HTTP status."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from event_contracts.rejection import Rejeicao
from event_producer.models import MAX_ERROS, Erro
from service_runtime.errors import PermanentError, TransientError

Problem: TypeAlias = tuple[int, Rejeicao]
"""The index of an event in the request (0 for an event alone) and what is wrong with it."""

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_EVENTOS: Final = 10_000
"""Of one request, or updates; the largest body has fewer, unless they are shorter than any
shop's."""
RETRY_AFTER_SECONDS: Final = 5


class RefusedError(PermanentError):
    """A request that is wrong and stays wrong; the problem document gets `members` too."""

    def __init__(self, status: int, title: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.members = members
        self.headers: dict[str, str] = {}
        self.problems: Sequence[Problem] = ()


class UnavailableError(TransientError):
    """Neither Kafka nor the spool could take the events: no event of the request is confirmed."""


def no_call() -> RefusedError:
    """The body is neither a call of Segment's API nor a batch of calls."""
    detail = "the body must be a JSON object; that of /v1/batch must have a list `batch`"
    return RefusedError(400, "Not a call", detail)


def not_json() -> RefusedError:
    return RefusedError(400, "Not JSON", "the body must be JSON in UTF-8")


def too_large() -> RefusedError:
    return RefusedError(413, "Too large", f"the body must not exceed {MAX_BODY_BYTES} bytes")


def too_many(what: str = "event") -> RefusedError:
    detail = f"a request must not hold more than {MAX_EVENTOS} {what}s"
    return RefusedError(413, f"Too many {what}s", detail)


def wrong_media_type() -> RefusedError:
    detail = "expected application/json, or text/plain in UTF-8"
    return RefusedError(415, "Unsupported media type", detail)


def wrong_encoding() -> RefusedError:
    """RFC 9110, 12.5.3: the answer names the encodings that are accepted."""
    detail = "a body may be compressed with gzip, once, or not at all"
    error = RefusedError(415, "Unsupported content encoding", detail)
    error.headers["Accept-Encoding"] = "gzip"
    return error


def broken_gzip() -> RefusedError:
    return RefusedError(400, "Not gzip", "the body is not one whole gzip member")


def foreign_page() -> RefusedError:
    detail = "text/plain is not taken from pages of this origin; ALLOWED_ORIGINS names those"
    return RefusedError(403, "Foreign page", detail)


def browser_origin() -> RefusedError:
    detail = "stock updates are not taken from pages: this request names an Origin"
    return RefusedError(403, "From a page", detail)


def stock_not_accepted() -> RefusedError:
    detail = "stock updates are taken once the setting STOCK_TOKEN names the token of their senders"
    return RefusedError(403, "Closed", detail)


def unauthorized(*, token_given: bool) -> RefusedError:
    """RFC 6750, 3: the answer names the scheme, and an error only where a token was sent."""
    error = RefusedError(401, "Unauthorized", "expected `Authorization: Bearer` with the token")
    error.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if token_given else "Bearer"
    return error


def repeated(names: Sequence[str]) -> RefusedError:
    detail = f"a parameter is given more than once: {', '.join(names)}"
    return RefusedError(400, "Repeated parameter", detail, parametros=list(names))


def interrupted() -> RefusedError:
    return RefusedError(400, "Interrupted", "the connection ended before the body did")


def empty_array(what: str = "event") -> RefusedError:
    return RefusedError(422, f"No {what}s", "the array is empty", erros=[])


def wrong_parameter() -> RefusedError:
    return RefusedError(422, "Wrong parameter", "parcial must be true or false", erros=[])


def invalid(problems: Sequence[Problem], *, n_good: int, what: str = "event") -> RefusedError:
    """`n_good` others of the request are good, but it does not ask for a part."""
    detail = f"no {what} of this request was accepted"
    if n_good:
        detail += f"; with ?parcial=true the {n_good} good ones are accepted"
    error = RefusedError(422, f"Invalid {what}s", detail, **erros_of(problems))
    error.problems = problems
    return error


def erros_of(problems: Sequence[Problem]) -> dict[str, Any]:
    """The first `MAX_ERROS` problems as an answer lists them, and how many more there are."""
    erros = [Erro(i, p.campo, p.motivo.value, p.detalhe) for i, p in problems[:MAX_ERROS]]
    left = len(problems) - len(erros)
    return {"erros": erros, "erros_omitidos": left} if left else {"erros": erros}


def motivos_of(problems: Sequence[Problem]) -> list[str]:
    """The reason of each problem."""
    return [problem.motivo.value for _index, problem in problems]
