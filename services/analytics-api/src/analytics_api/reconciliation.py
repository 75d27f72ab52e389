"""The ledger's word on the pipeline, kept current from its newest rows alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from analytics_api.models import Particao

TopicPartition = tuple[str, int]
Offsets = Mapping[TopicPartition, int]
_Value = TypeVar("_Value")

COUNTS: Final = ("n_read", "n_absent", "n_written", "n_duplicate", "n_dead")


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """One partition of a topic: the range of offsets done so far and what became of it."""

    off_from: int
    off_to: int
    n_read: int
    n_absent: int
    n_written: int
    n_duplicate: int
    n_dead: int
    committed_at: datetime

    @property
    def is_exact(self) -> bool:
        """Whether every record was accounted for once, and every offset held one or none."""
        outcomes = self.n_written + self.n_duplicate + self.n_dead
        return (
            self.n_read == outcomes and self.n_read + self.n_absent == self.off_to - self.off_from
        )

    def plus(self, row: "LedgerSums") -> "LedgerSums":
        """This range and the row that follows it; a gap shows as an inexact sum."""
        counts = {name: getattr(self, name) + getattr(row, name) for name in COUNTS}
        return replace(self, off_to=row.off_to, committed_at=row.committed_at, **counts)


Ledger = Mapping[TopicPartition, LedgerSums]


def advance(
    known: Ledger, rows: Iterable[tuple[TopicPartition, LedgerSums]]
) -> dict[TopicPartition, LedgerSums] | None:
    """The ledger after its newest rows, ordered by `off_to`; None where it is another ledger.

    `rows` must reach back to the last row known of each partition. Where that row is missing or
    was committed at another moment, the warehouse was emptied and everything must be read anew.
    """
    ledger = dict(known)
    confirmed: set[TopicPartition] = set()
    for place, row in rows:
        last = known.get(place)
        if last is not None and row.off_to == last.off_to:
            confirmed.update({place} if row.committed_at == last.committed_at else ())
        else:
            ledger[place] = ledger[place].plus(row) if place in ledger else row
    return ledger if confirmed == set(known) else None


def offsets_between(known: Ledger, ledger: Ledger) -> dict[TopicPartition, tuple[int, int]]:
    """(from, to) of what the second has and the first has not."""
    return {
        place: (known[place].off_to if place in known else sums.off_from, sums.off_to)
        for place, sums in ledger.items()
        if place not in known or known[place].off_to < sums.off_to
    }


def done_to(ledger: Ledger) -> dict[TopicPartition, int]:
    """Where the ledger goes on."""
    return {place: sums.off_to for place, sums in ledger.items()}


def is_ahead(ends: Offsets, done: Offsets) -> bool:
    """Whether Kafka holds anything that is not done."""
    return any(done.get(place, 0) < end for place, end in ends.items())


def of_topic(places: Mapping[TopicPartition, _Value], topic: str) -> dict[TopicPartition, _Value]:
    """Those of one topic."""
    return {place: value for place, value in places.items() if place[0] == topic}


def last_commit(ledger: Ledger) -> datetime | None:
    """When the stream last wrote to the warehouse, by its own clock."""
    return max((sums.committed_at for sums in ledger.values()), default=None)


def reconcile(ledger: Ledger, ends: Offsets | None) -> list[Particao]:
    """One entry per topic and partition; `ends` are Kafka's end offsets, None while it is away."""
    places = sorted({*ledger, *(ends or {})})
    return [_partition(place, ledger.get(place), (ends or {}).get(place)) for place in places]


def _partition(place: TopicPartition, sums: LedgerSums | None, end: int | None) -> Particao:
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
