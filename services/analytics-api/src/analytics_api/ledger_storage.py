"""Reads the ledger from the warehouse: its sums once, then its newest rows alone."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from analytics_api.ledger_audit import (
    CommittedRange,
    Ledger,
    TopicPartition,
    advance,
    of_topic,
    offsets_between,
)
from event_contracts.names import QUERY_WAREHOUSE
from warehouse.transaction import Transaction

Ranges = Mapping[int, tuple[int, int]]
"""Partition of one topic -> (from, to)."""

_SUMS: Final = (
    'SELECT topic, "partition", MIN(off_from), MAX(off_to), SUM(n_read), SUM(n_absent), '
    "SUM(n_written), SUM(n_duplicate), SUM(n_dead) FROM ingestao "
    'WHERE query = %s GROUP BY topic, "partition"'
)
_LAST_ROWS: Final = (
    'SELECT i.topic, i."partition", i.committed_at FROM ingestao AS i JOIN ('
    'SELECT topic, "partition" AS particao, MAX(off_to) AS fim FROM ingestao '
    f"WHERE query = '{QUERY_WAREHOUSE}' GROUP BY topic, \"partition\") AS ultimas "
    'ON i.topic = ultimas.topic AND i."partition" = ultimas.particao AND i.off_to = ultimas.fim '
    "WHERE i.query = %s"
)
_ROWS: Final = (
    'SELECT topic, "partition", off_from, off_to, n_read, n_absent, n_written, n_duplicate, '
    "n_dead, committed_at FROM ingestao WHERE query = %s{} ORDER BY off_to"
)
Loads = tuple[int, datetime | None]
"""How many files were loaded, and when the last one was."""


def loads(transaction: Transaction) -> Loads:
    """Differs after every load of a file."""
    return _loads(transaction, "1 = 1")


def sales_loads(transaction: Transaction) -> Loads:
    """Differs after every load of a file that may change sales."""
    return _loads(transaction, "tipo = 'vendas' AND situacao <> 'ignorada'")


def _loads(transaction: Transaction, which: str) -> Loads:
    count, last = transaction.row(f"SELECT COUNT(*), MAX(carregada_em) FROM cargas WHERE {which}")
    return int(count), last


def whole_ledger(transaction: Transaction) -> dict[TopicPartition, CommittedRange]:
    """The sums of every partition of every topic."""
    rows = transaction.rows(_LAST_ROWS, (QUERY_WAREHOUSE,))
    last = {(topic, partition): committed_at for topic, partition, committed_at in rows}
    sums = transaction.rows(_SUMS, (QUERY_WAREHOUSE,))
    found = [_committed_range((*row, last[row[0], row[1]])) for row in sums]
    return {(each.topic, each.partition): each for each in found}


def newer_ledger(
    transaction: Transaction, known: Ledger
) -> dict[TopicPartition, CommittedRange] | None:
    """The ledger with its newest rows; None if it does not continue `known`, or if rows were folded
    since into one that ends later: then it must be read again as a whole."""
    places = sorted(known)
    newer = ['(topic = %s AND "partition" = %s AND off_to >= %s)'] * len(places)
    others = ['NOT (topic = %s AND "partition" = %s)'] * len(places)
    where = f" AND ({' OR '.join(newer)} OR ({' AND '.join(others)}))" if places else ""
    of_newer = [value for place in places for value in (*place, known[place].off_to)]
    of_others = [value for place in places for value in place]
    rows = transaction.rows(_ROWS.format(where), (QUERY_WAREHOUSE, *of_newer, *of_others))
    return advance(known, map(_committed_range, rows))


def ranges_between(known: Ledger, ledger: Ledger, topic: str) -> dict[int, tuple[int, int]]:
    """The offsets of a topic that `ledger` has and `known` has not."""
    between = offsets_between(of_topic(known, topic), of_topic(ledger, topic))
    return {partition: offsets for (_, partition), offsets in between.items()}


def in_ranges(ranges: Ranges) -> str:
    """The condition on rows of a table of one topic that they lie at one of these offsets."""
    return " OR ".join(
        f"(kafka_partition = {partition:d} AND kafka_offset >= {start:d} AND kafka_offset < {to:d})"
        for partition, (start, to) in sorted(ranges.items())
    )


def _committed_range(row: Sequence[Any]) -> CommittedRange:
    topic, partition, off_from, off_to, read, absent, written, duplicate, dead, committed_at = row
    return CommittedRange(
        topic=str(topic),
        partition=int(partition),
        off_from=int(off_from),
        off_to=int(off_to),
        n_read=int(read),
        n_absent=int(absent),
        n_written=int(written),
        n_duplicate=int(duplicate),
        n_dead=int(dead),
        committed_at=utc(committed_at),
    )


def utc(moment: datetime) -> datetime:
    """A moment of the warehouse, whose TIMESTAMP columns hold UTC."""
    return moment.replace(tzinfo=UTC)
