"""Reads how old rows were when the stream counted their ages."""

from datetime import UTC, datetime, timedelta
from typing import Final

from analytics_api.ledger_audit import Ledger, last_commit, offsets_between
from analytics_api.ledger_storage import utc
from warehouse.row_ages import RowAges, counts_of
from warehouse.transaction import Transaction

CLOCKS_DIFFER: Final = timedelta(hours=1)
"""A batch begins after the one before it was committed, perhaps by the clock of another driver. So
of the table, which is ordered by time, little is read."""

MOST_ROWS: Final = 10_000
"""An hour of a busy stream. After a longer time away older ages are left out: they would take
more memory and time than the figures themselves."""

_BEFORE_ALL: Final = datetime(1970, 1, 2, tzinfo=UTC)


def ages_between(transaction: Transaction, known: Ledger, ledger: Ledger) -> list[RowAges]:
    """The ages of the rows that `ledger` has and `known` has not, the newest MOST_ROWS of them;
    asks only if there are any."""
    between = sorted(offsets_between(known, ledger).items())
    if not between:
        return []
    places = ['(topic = %s AND "partition" = %s AND off_to > %s AND off_to <= %s)'] * len(between)
    since = (last_commit(known) or _BEFORE_ALL) - CLOCKS_DIFFER
    rows = transaction.rows(
        'SELECT topic, "partition", off_to, contado_em, idades FROM ingestao_idades '
        f"WHERE contado_em > %s AND ({' OR '.join(places)}) "
        f"ORDER BY contado_em DESC LIMIT {MOST_ROWS:d}",
        (
            since.replace(tzinfo=None),
            *(value for place, offsets in between for value in (*place, *offsets)),
        ),
    )
    return [
        RowAges(str(topic), int(partition), int(off_to), utc(counted_at), counts_of(ages))
        for topic, partition, off_to, counted_at, ages in rows
    ]
