"""The problem that an answer tells (RFC 9457)."""

from typing import Any


def problem_of(answer: Any) -> dict[str, Any]:
    """The document, whose status is the answer's."""
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    return document
