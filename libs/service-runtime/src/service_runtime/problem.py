"""RFC 9457 problem documents, the form of all errors of the HTTP services."""

from typing import Any, Final

PROBLEM_JSON: Final = "application/problem+json"


def problem(status: int, title: str, *, detail: str, **members: Any) -> dict[str, Any]:
    """A problem document; `type` is left at its default `about:blank`, so it is left out."""
    return {"title": title, "status": status, "detail": detail, **members}
