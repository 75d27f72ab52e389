"""What became of a range of offsets: the columns of the ledger that say so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The outcome of the offsets `off_from <= offset < off_to`: of one row, or of rows added up.

    `n_absent` offsets hold no record for a reader: markers of transactions, records that were
    aborted or compacted away.
    """

    topic: str
    partition: int
    off_from: int
    off_to: int
    n_read: int
    n_absent: int
    n_written: int
    n_duplicate: int
    n_dead: int

    @property
    def is_exact(self) -> bool:
        """Whether each record has one outcome, and each offset one record or none."""
        outcomes = (self.n_written, self.n_duplicate, self.n_dead)
        return (
            self.n_read == sum(outcomes)
            and self.n_read + self.n_absent == self.off_to - self.off_from
            and min(*outcomes, self.n_absent) >= 0
        )
