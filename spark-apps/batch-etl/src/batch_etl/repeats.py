"""Counts the cleaned rows of a file, and finds those that a later one repeats."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from batch_etl.clean_query import ERROR
from batch_etl.layout import Kind, Layout
from event_contracts.states import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows a file has: `read` is `valid` and `rejected` together.

    `repeated` of those rejected are repeats; `unknown_states` of the valid ones name a region that
    is no state of Brazil.
    """

    read: int
    valid: int
    rejected: int
    repeated: int
    unknown_states: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts, and the row numbers of the repeats in ascending order."""

    counts: Counts
    repeated: NDArray[np.int64]


def tally(db: duckdb.DuckDBPyConnection, rows: Path, layout: Layout) -> Tally:
    """Of the staged rows. Keys are compared by a hash first, since hardly any occur twice."""
    key, table = ", ".join(layout.key), f"(SELECT * FROM '{rows}' WHERE {ERROR} IS NULL)"
    again = f"SELECT hash({key}) FROM {table} GROUP BY ALL HAVING count(*) > 1"
    number = f"row_number() OVER (PARTITION BY {key} ORDER BY linha DESC)"
    db.execute(f"""CREATE OR REPLACE TEMP TABLE repetidas AS
        SELECT linha FROM {table} WHERE hash({key}) IN ({again}) QUALIFY {number} > 1""")
    linhas = db.sql("SELECT linha FROM repetidas ORDER BY linha").to_arrow_table()["linha"]
    repeated = linhas.to_numpy()
    read, bad = db.execute(f"SELECT count(*), count({ERROR}) FROM '{rows}'").fetchall()[0]
    states = [field.name for field in layout.fields if field.kind is Kind.STATE]
    counts = Counts(
        read=read,
        valid=read - bad - len(repeated),
        rejected=bad + len(repeated),
        repeated=len(repeated),
        unknown_states=sum(_unknown(db, table, name) for name in states),
    )
    return Tally(counts, repeated)


def _unknown(db: duckdb.DuckDBPyConnection, table: str, name: str) -> int:
    unknown = f"SELECT linha FROM {table} WHERE {name} = '{UNKNOWN}'"
    (count,) = db.execute(
        f"SELECT count(*) FROM ({unknown}) ANTI JOIN repetidas USING (linha)"
    ).fetchall()[0]
    return int(count)
