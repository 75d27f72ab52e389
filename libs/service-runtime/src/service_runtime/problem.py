"""RFC 9457 problem documents, the one form in which the HTTP services say no."""

from typing import Any, Final

PROBLEM_JSON: Final = "application/problem+json"


def problem(status: int, title: str, *, detail: str, **members: Any) -> dict[str, Any]:
    """A problem document; `type` is left at its default `about:blank`, so it is left out."""
    return {"title": title, "status": status, "detail": detail, **members}
