"""Compares the ledger with Kafka. The sums of the ledger are updated from its newest rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from analytics_api.models import Particao
from warehouse.ledger_row import LedgerRow

TopicPartition = tuple[str, int]
Offsets = Mapping[TopicPartition, int]
_Value = TypeVar("_Value")

COUNTS: Final = ("n_read", "n_absent", "n_written", "n_duplicate", "n_dead")


@dataclass(frozen=True, slots=True)
class CommittedRange(LedgerRow):
    """What the stream committed of one partition so far, and when it last did."""

    committed_at: datetime

    def plus(self, row: "CommittedRange") -> "CommittedRange":
        """This range and the row that follows it; a gap shows as an inexact sum."""
        counts = {name: getattr(self, name) + getattr(row, name) for name in COUNTS}
        return replace(self, off_to=row.off_to, committed_at=row.committed_at, **counts)


Ledger = Mapping[TopicPartition, CommittedRange]


def advance(
    known: Ledger, rows: Iterable[CommittedRange]
) -> dict[TopicPartition, CommittedRange] | None:
    """The ledger after its newest rows, ordered by `off_to`; None if `known` is another ledger.

    `rows` must include the last known row of each partition. If that row is missing, or was
    committed at another moment, the warehouse was emptied and everything must be read again.
    """
    ledger = dict(known)
    confirmed: set[TopicPartition] = set()
    for row in rows:
        place = (row.topic, row.partition)
        last = known.get(place)
        if last is not None and row.off_to == last.off_to:
            confirmed.update({place} if row.committed_at == last.committed_at else ())
        else:
            ledger[place] = ledger[place].plus(row) if place in ledger else row
    return ledger if confirmed == set(known) else None


def offsets_between(known: Ledger, ledger: Ledger) -> dict[TopicPartition, tuple[int, int]]:
    """The offsets (from, to) per partition that `ledger` has and `known` has not."""
    return {
        place: (known[place].off_to if place in known else sums.off_from, sums.off_to)
        for place, sums in ledger.items()
        if place not in known or known[place].off_to < sums.off_to
    }


def done_to(ledger: Ledger) -> dict[TopicPartition, int]:
    """The first offset of each partition that is not done."""
    return {place: sums.off_to for place, sums in ledger.items()}


def is_ahead(ends: Offsets, done: Offsets) -> bool:
    """Whether Kafka holds a record that is not done."""
    return any(done.get(place, 0) < end for place, end in ends.items())


def of_topic(places: Mapping[TopicPartition, _Value], topic: str) -> dict[TopicPartition, _Value]:
    """The values of one topic."""
    return {place: value for place, value in places.items() if place[0] == topic}


def last_commit(ledger: Ledger) -> datetime | None:
    """When the stream last wrote to the warehouse, by its own clock."""
    return max((sums.committed_at for sums in ledger.values()), default=None)


def reconcile(ledger: Ledger, ends: Offsets | None) -> list[Particao]:
    """One entry per topic and partition; `ends` are Kafka's end offsets, None while it is away."""
    places = sorted({*ledger, *(ends or {})})
    return [_partition(place, ledger.get(place), (ends or {}).get(place)) for place in places]


def _partition(place: TopicPartition, sums: CommittedRange | None, end: int | None) -> Particao:
    topic, partition = place
    end_of_ledger = sums.off_to if sums else 0
    return Particao(
        topic=topic,
        partition=partition,
        off_from=sums.off_from if sums else 0,
        off_to=end_of_ledger,
        **{name: getattr(sums, name) if sums else 0 for name in COUNTS},
        fim_kafka=end,
        atraso=None if end is None else max(0, end - end_of_ledger),
        exata=sums.is_exact if sums else True,
    )
