"""The proof on live data that every event is accounted for, once.

The figures are read in one snapshot; what they mean is decided by pure functions.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Final

from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from warehouse.connection import Transaction, Warehouse
from warehouse.load import DEDUPLICATION_RANGE

_LEDGER: Final = """
SELECT "partition", off_from, off_to, n_read, n_written, n_duplicate, n_dead
FROM ingestao WHERE query = %s AND topic = %s ORDER BY "partition", off_from, off_to
"""
_EVENTS: Final = "SELECT kafka_partition, COUNT(*) FROM eventos_clientes GROUP BY kafka_partition"
_DEAD: Final = (
    "SELECT kafka_partition, COUNT(*) FROM eventos_rejeitados WHERE topic = %s "
    "GROUP BY kafka_partition"
)
_PURCHASES: Final = (
    "SELECT COUNT(*), COALESCE(SUM(quantidade * preco), 0) FROM eventos_clientes "
    "WHERE tipo_evento = 'compra'"
)
_SALES: Final = "SELECT COUNT(*), COALESCE(SUM(quantidade * preco), 0) FROM vendas"
_REPEATED_IDS: Final = f"""
SELECT COUNT(*) FROM (
    SELECT "timestamp", LAG("timestamp") OVER (
        PARTITION BY id_evento ORDER BY "timestamp"
    ) AS anterior
    FROM eventos_clientes WHERE id_evento IN (
        SELECT id_evento FROM eventos_clientes GROUP BY id_evento HAVING COUNT(*) > 1
    )
) AS repetidos
WHERE "timestamp" <= anterior + INTERVAL '{DEDUPLICATION_RANGE.days} days'
"""
_REPEATED_OFFSETS: Final = (
    "SELECT COUNT(*) FROM (SELECT kafka_partition, kafka_offset FROM ("
    "SELECT kafka_partition, kafka_offset FROM eventos_clientes UNION ALL "
    "SELECT kafka_partition, kafka_offset FROM eventos_rejeitados WHERE topic = %s) AS todos "
    "GROUP BY kafka_partition, kafka_offset HAVING COUNT(*) > 1) AS repetidos"
)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One row of `ingestao`, or the sum of all rows of a partition."""

    partition: int
    off_from: int
    off_to: int
    n_read: int
    n_written: int
    n_duplicate: int
    n_dead: int


@dataclass(frozen=True, slots=True)
class TableFigures:
    """What the tables hold: counts per partition, and what should be equal or zero."""

    events: dict[int, int]
    dead: dict[int, int]
    purchases: tuple[int, Any]
    sales: tuple[int, Any]
    repeated_ids: int
    repeated_offsets: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Every violation found, each one sentence; exact where there is none."""

    partitions: list[LedgerLine]
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
        rows = transaction.rows(_LEDGER, (QUERY_WAREHOUSE, TOPIC_EVENTOS))
        lines = [LedgerLine(*map(int, row)) for row in rows]
        figures = _table_figures(transaction)
    return judge(lines, figures)


def _table_figures(transaction: Transaction) -> TableFigures:
    return TableFigures(
        events=_by_partition(transaction.rows(_EVENTS)),
        dead=_by_partition(transaction.rows(_DEAD, (TOPIC_EVENTOS,))),
        purchases=tuple(transaction.row(_PURCHASES)),
        sales=tuple(transaction.row(_SALES)),
        repeated_ids=int(transaction.row(_REPEATED_IDS)[0]),
        repeated_offsets=int(transaction.row(_REPEATED_OFFSETS, (TOPIC_EVENTOS,))[0]),
    )


def _by_partition(rows: Iterable[Sequence[Any]]) -> dict[int, int]:
    return {int(partition): int(count) for partition, count in rows}


def judge(lines: Sequence[LedgerLine], figures: TableFigures) -> AuditReport:
    """Every way in which the ledger contradicts itself or the tables."""
    partitions = [_sum(number, lines) for number in sorted({line.partition for line in lines})]
    problems = [
        *_tiling_problems(lines),
        *(problem for line in lines if (problem := _sum_problem(line))),
        *_count_problems(partitions, figures),
        *_table_problems(figures),
    ]
    return AuditReport(partitions, problems)


def _sum(number: int, lines: Sequence[LedgerLine]) -> LedgerLine:
    own = [line for line in lines if line.partition == number]
    return LedgerLine(
        partition=number,
        off_from=min(line.off_from for line in own),
        off_to=max(line.off_to for line in own),
        n_read=sum(line.n_read for line in own),
        n_written=sum(line.n_written for line in own),
        n_duplicate=sum(line.n_duplicate for line in own),
        n_dead=sum(line.n_dead for line in own),
    )


def _tiling_problems(lines: Sequence[LedgerLine]) -> list[str]:
    ordered = sorted(lines, key=lambda line: (line.partition, line.off_from, line.off_to))
    pairs = pairwise(ordered)
    return [
        f"partition {before.partition}: {_flaw(before, after)} at offset {after.off_from}"
        for before, after in pairs
        if before.partition == after.partition and before.off_to != after.off_from
    ]


def _flaw(before: LedgerLine, after: LedgerLine) -> str:
    return "gap" if after.off_from > before.off_to else "overlap"


def _sum_problem(line: LedgerLine) -> str | None:
    length = line.off_to - line.off_from
    parts = line.n_written + line.n_duplicate + line.n_dead
    if line.n_read == length == parts and min(line.n_written, line.n_duplicate, line.n_dead) >= 0:
        return None
    return (
        f"partition {line.partition}, offsets {line.off_from} to {line.off_to}: "
        f"read {line.n_read}, written + duplicate + dead = {parts}, offsets {length}"
    )


def _count_problems(partitions: Sequence[LedgerLine], figures: TableFigures) -> list[str]:
    written = {p.partition: p.n_written for p in partitions}
    dead = {p.partition: p.n_dead for p in partitions}
    return [
        *_differences("eventos_clientes", written, figures.events),
        *_differences("eventos_rejeitados", dead, figures.dead),
    ]


def _differences(table: str, ledger: dict[int, int], held: dict[int, int]) -> list[str]:
    return [
        f"{table}, partition {number}: the ledger says {ledger.get(number, 0)} rows, "
        f"the table holds {held.get(number, 0)}"
        for number in sorted(ledger.keys() | held.keys())
        if ledger.get(number, 0) != held.get(number, 0)
    ]


def _table_problems(figures: TableFigures) -> list[str]:
    problems = []
    if figures.purchases != figures.sales:
        problems.append(
            f"vendas holds {figures.sales[0]} lines worth {figures.sales[1]}, "
            f"the events hold {figures.purchases[0]} worth {figures.purchases[1]}"
        )
    if figures.repeated_ids:
        problems.append(f"{figures.repeated_ids} events repeat an id_evento")
    if figures.repeated_offsets:
        problems.append(f"{figures.repeated_offsets} offsets stand more than once")
    return problems
