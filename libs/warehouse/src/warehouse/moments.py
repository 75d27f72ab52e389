"""Moments as literals, where Redshift takes no bound parameter."""

from datetime import UTC, datetime


def literal(moment: datetime) -> str:
    """A TIMESTAMP literal in UTC; made from a datetime alone, so it can hold nothing else."""
    return f"TIMESTAMP '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
