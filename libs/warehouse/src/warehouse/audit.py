"""The audit: checks on live data that every event is accounted for exactly once.

The warehouse computes the sums, so memory does not grow with the ledger. Everything is read in one
snapshot; pure functions judge it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from event_contracts.names import QUERY_WAREHOUSE
from warehouse.connection import Warehouse
from warehouse.feeds import FEEDS
from warehouse.feeds.feed import Check, Feed
from warehouse.history import checks as history
from warehouse.ledger_row import LedgerRow
from warehouse.transaction import Transaction

_SHOWN: Final = 20
"""How many broken ledger rows a report lists; the first one matters most."""

_SUMS: Final = """
SELECT topic, "partition", MIN(off_from), MAX(off_to), SUM(n_read), SUM(n_absent),
    SUM(n_written), SUM(n_duplicate), SUM(n_dead), COUNT(*)
FROM ingestao WHERE query = %s GROUP BY topic, "partition" ORDER BY topic, "partition"
"""
_NOT_TILED: Final = f"""
SELECT topic, "partition", anterior, off_from FROM (
    SELECT topic, "partition", off_from, LAG(off_to) OVER (
        PARTITION BY topic, "partition" ORDER BY off_from, off_to
    ) AS anterior
    FROM ingestao WHERE query = '{QUERY_WAREHOUSE}'
) AS faixas
WHERE anterior <> off_from ORDER BY topic, "partition", off_from LIMIT {_SHOWN}
"""
_NOT_ADDING_UP: Final = f"""
SELECT topic, "partition", off_from, off_to, n_read, n_absent, n_written, n_duplicate, n_dead
FROM ingestao
WHERE query = %s AND (n_read <> n_written + n_duplicate + n_dead
    OR n_read + n_absent <> off_to - off_from OR off_to <= off_from
    OR n_absent < 0 OR n_written < 0 OR n_duplicate < 0 OR n_dead < 0)
ORDER BY topic, "partition", off_from LIMIT {_SHOWN}
"""
_DEAD: Final = (
    "SELECT kafka_partition, COUNT(*) FROM eventos_rejeitados WHERE topic = %s "
    "GROUP BY kafka_partition"
)


@dataclass(frozen=True, slots=True)
class LedgerSums(LedgerRow):
    """All rows of a partition added up; `n_rows` is how many they are."""

    n_rows: int


@dataclass(frozen=True, slots=True)
class TableFigures:
    """What the tables hold of one topic: rows and dead letters per partition, and violations."""

    topic: str
    table: str
    records: Mapping[int, int]
    dead: Mapping[int, int]
    violations: Sequence[str]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Every violation found, each one sentence; exact where there is none."""

    partitions: list[LedgerSums]
    problems: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether every event is accounted for, once."""
        return not self.problems

    def as_json(self) -> str:
        """The report as JSON with `exact` first."""
        return json.dumps({"exact": self.exact, **asdict(self)}, indent=2, ensure_ascii=False)


def audit(warehouse: Warehouse) -> AuditReport:
    """Read the figures in one snapshot and judge them."""
    with warehouse.transaction() as transaction:
        return audit_in(transaction)


def audit_in(transaction: Transaction) -> AuditReport:
    """The audit as a transaction sees the tables."""
    sums = [_sums(row) for row in transaction.rows(_SUMS, (QUERY_WAREHOUSE,))]
    inexact = transaction.rows(_NOT_ADDING_UP, (QUERY_WAREHOUSE,))
    problems = [
        *(_tiling_problem(*row) for row in transaction.rows(_NOT_TILED)),
        *(_row_problem(LedgerRow(*row)) for row in inexact),
    ]
    figures = [_table_figures(transaction, feed) for feed in FEEDS]
    problems += [f"cargas: {found}" for found in _violations(transaction, history.CHECKS)]
    return AuditReport(sums, [*problems, *judge(sums, figures)])


def _sums(row: Sequence[Any]) -> LedgerSums:
    return LedgerSums(str(row[0]), *map(int, row[1:]))


def _table_figures(transaction: Transaction, feed: Feed) -> TableFigures:
    records = f"SELECT kafka_partition, COUNT(*) FROM {feed.table.name} GROUP BY kafka_partition"
    repeated = transaction.row(_repeated_offsets(feed))[0]
    violations = _violations(transaction, feed.checks)
    violations += [f"{repeated} offsets stand more than once"] if repeated else []
    return TableFigures(
        topic=feed.topic,
        table=feed.table.name,
        records=_by_partition(transaction.rows(records)),
        dead=_by_partition(transaction.rows(_DEAD, (feed.topic,))),
        violations=[f"{feed.topic}: {found}" for found in violations],
    )


def _violations(transaction: Transaction, checks: Iterable[Check]) -> list[str]:
    counted = ((transaction.row(check.count)[0], check.problem) for check in checks)
    return [f"{count} {problem}" for count, problem in counted if count]


def _repeated_offsets(feed: Feed) -> str:
    return f"""
        SELECT COUNT(*) FROM (
            SELECT kafka_partition, kafka_offset FROM (
                SELECT kafka_partition, kafka_offset FROM {feed.table.name} UNION ALL
                SELECT kafka_partition, kafka_offset FROM eventos_rejeitados
                WHERE topic = '{feed.topic}'
            ) AS todos
            GROUP BY kafka_partition, kafka_offset HAVING COUNT(*) > 1
        ) AS repetidos
    """


def _by_partition(rows: Iterable[Sequence[Any]]) -> dict[int, int]:
    return {int(partition): int(count) for partition, count in rows}


def judge(sums: Sequence[LedgerSums], figures: Sequence[TableFigures]) -> list[str]:
    """Every contradiction between the tables and the ledger, or within the tables."""
    return [problem for held in figures for problem in _topic_problems(sums, held)]


def _topic_problems(sums: Sequence[LedgerSums], held: TableFigures) -> list[str]:
    own = [line for line in sums if line.topic == held.topic]
    written = {line.partition: line.n_written for line in own}
    dead = {line.partition: line.n_dead for line in own}
    return [
        *_differences(held.table, written, held.records),
        *_differences(f"eventos_rejeitados of {held.topic}", dead, held.dead),
        *held.violations,
    ]


def _differences(table: str, ledger: Mapping[int, int], held: Mapping[int, int]) -> list[str]:
    return [
        f"{table}, partition {number}: the ledger says {ledger.get(number, 0)} rows, "
        f"the table holds {held.get(number, 0)}"
        for number in sorted(ledger.keys() | held.keys())
        if ledger.get(number, 0) != held.get(number, 0)
    ]


def _tiling_problem(topic: str, partition: int, before: int, off_from: int) -> str:
    flaw = "gap" if off_from > before else "overlap"
    return f"{topic}, partition {partition}: {flaw} at offset {off_from}"


def _row_problem(row: LedgerRow) -> str:
    return (
        f"{row.topic}, partition {row.partition}, offsets {row.off_from} to {row.off_to}: "
        f"read {row.n_read}, "
        f"written + duplicate + dead = {row.n_written + row.n_duplicate + row.n_dead}, "
        f"read + absent = {row.n_read + row.n_absent}, offsets {row.off_to - row.off_from}"
    )
