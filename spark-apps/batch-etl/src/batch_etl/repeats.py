"""Finds the cleaned rows of a file that a later one repeats."""

from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from batch_etl.clean_query import ERROR
from batch_etl.layout import Layout


def repeats(db: duckdb.DuckDBPyConnection, rows: Path, layout: Layout) -> NDArray[np.int64]:
    """Their row numbers, in ascending order. Keys are compared by a hash first, since hardly any
    occur twice."""
    key, table = ", ".join(layout.key), f"(SELECT * FROM '{rows}' WHERE {ERROR} IS NULL)"
    again = f"SELECT hash({key}) FROM {table} GROUP BY ALL HAVING count(*) > 1"
    number = f"row_number() OVER (PARTITION BY {key} ORDER BY linha DESC)"
    repeated = f"""SELECT linha FROM {table} WHERE hash({key}) IN ({again})
        QUALIFY {number} > 1"""
    found = db.sql(f"SELECT linha FROM ({repeated}) ORDER BY linha").to_arrow_table()
    linhas: NDArray[np.int64] = found["linha"].to_numpy()
    return linhas
