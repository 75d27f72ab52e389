"""How old the rows of a batch were, for whoever tells how late they became visible.

They are committed with the ledger, and no part of its decisions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from service_runtime.age_classes import CLASSES
from warehouse.insertion import insert
from warehouse.tables import IDADES
from warehouse.transaction import Transaction


@dataclass(frozen=True, slots=True)
class RowAges:
    """How many rows of the ledger row that ends at `off_to` had an age of each class of
    `age_classes` at a moment."""

    topic: str
    partition: int
    off_to: int
    counted_at: datetime
    counts: Sequence[int]


def append(transaction: Transaction, ages: Iterable[RowAges]) -> None:
    """Write them by one statement, or by none where there are none."""
    rows = [(a.topic, a.partition, a.off_to, a.counted_at, as_text(a.counts)) for a in ages]
    insert(transaction, IDADES, rows)


def as_text(counts: Sequence[int]) -> str:
    """The classes that have any, each with its count: `12:3 45:1`."""
    return " ".join(f"{number}:{count}" for number, count in enumerate(counts) if count)


def counts_of(text: str) -> list[int]:
    """The counts that became this text."""
    counts = [0] * CLASSES
    for part in text.split():
        number, _, count = part.partition(":")
        counts[int(number)] = int(count)
    return counts
