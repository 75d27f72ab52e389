"""SQL literals, for places where Redshift takes no bound parameter."""

from collections.abc import Iterable
from datetime import UTC, datetime


def literal(moment: datetime) -> str:
    """A TIMESTAMP literal in UTC; made from a datetime alone, so it can hold nothing else."""
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"


def text_list(texts: Iterable[str]) -> str:
    """A sorted list for `IN`. Pass constants alone: quotes in the texts are not escaped."""
    return "(" + ", ".join(f"'{text}'" for text in sorted(texts)) + ")"
