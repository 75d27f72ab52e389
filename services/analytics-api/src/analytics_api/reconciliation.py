"""The ledger's word on the pipeline, kept current from its newest rows alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LedgerSums:
    """One partition: the range of offsets done so far and what became of it."""

    off_from: int
    off_to: int
    n_read: int
    n_written: int
    n_duplicate: int
    n_dead: int
    committed_at: datetime

    @property
    def is_exact(self) -> bool:
        """Whether every offset of the range was read once and accounted for once."""
        outcomes = self.n_written + self.n_duplicate + self.n_dead
        return self.n_read == outcomes == self.off_to - self.off_from

    def plus(self, row: "LedgerSums") -> "LedgerSums":
        """This range and the row that follows it; a gap shows as an inexact sum."""
        return replace(
            self,
            off_to=row.off_to,
            n_read=self.n_read + row.n_read,
            n_written=self.n_written + row.n_written,
            n_duplicate=self.n_duplicate + row.n_duplicate,
            n_dead=self.n_dead + row.n_dead,
            committed_at=row.committed_at,
        )


Ledger = Mapping[int, LedgerSums]
"""Partition -> sums."""


def advance(known: Ledger, rows: Iterable[tuple[int, LedgerSums]]) -> dict[int, LedgerSums] | None:
    """The ledger after its newest rows, ordered by `off_to`; None where it is another ledger.

    `rows` must reach back to the last row known of each partition. Where that row is missing or
    was committed at another moment, the warehouse was emptied and everything must be read anew.
    """
    ledger = dict(known)
    confirmed: set[int] = set()
    for partition, row in rows:
        last = known.get(partition)
        if last is not None and row.off_to == last.off_to:
            confirmed.update({partition} if row.committed_at == last.committed_at else ())
        else:
            ledger[partition] = ledger[partition].plus(row) if partition in ledger else row
    return ledger if confirmed == set(known) else None


def offsets_between(known: Ledger, ledger: Ledger) -> dict[int, tuple[int, int]]:
    """Partition -> (from, to) of what the second has and the first has not."""
    return {
        partition: (known[partition].off_to if partition in known else sums.off_from, sums.off_to)
        for partition, sums in ledger.items()
        if partition not in known or known[partition].off_to < sums.off_to
    }


def reconcile(ledger: Ledger, ends: Mapping[int, int] | None) -> list[dict[str, Any]]:
    """One entry per partition; `ends` are Kafka's end offsets, None while Kafka is away."""
    partitions = sorted({*ledger, *(ends or {})})
    return [_partition(p, ledger.get(p), (ends or {}).get(p)) for p in partitions]


def _partition(partition: int, sums: LedgerSums | None, end: int | None) -> dict[str, Any]:
    done_to = sums.off_to if sums else 0
    return {
        "partition": partition,
        "off_from": sums.off_from if sums else 0,
        "off_to": done_to,
        "n_read": sums.n_read if sums else 0,
        "n_written": sums.n_written if sums else 0,
        "n_duplicate": sums.n_duplicate if sums else 0,
        "n_dead": sums.n_dead if sums else 0,
        "fim_kafka": end,
        "atraso": None if end is None else max(0, end - done_to),
        "exata": sums.is_exact if sums else True,
    }
