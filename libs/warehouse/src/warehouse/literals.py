"""Values as SQL has them, where Redshift takes no bound parameter."""

from collections.abc import Iterable
from datetime import UTC, datetime


def literal(moment: datetime) -> str:
    """A TIMESTAMP literal in UTC; made from a datetime alone, so it can hold nothing else."""
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"


def text_list(texts: Iterable[str]) -> str:
    """A list for `IN`, sorted; for texts of the code alone, since no quote in them is escaped."""
    return "(" + ", ".join(f"'{text}'" for text in sorted(texts)) + ")"
