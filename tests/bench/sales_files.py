"""Files of sales for the bench: a month of one shop, the same rows as CSV and as Parquet.

Of a thousand rows two are wrong and one comes twice. Moments are in the shop's time zone.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal

import duckdb

Form = Literal["csv", "parquet"]
FORMS: Final[tuple[Form, ...]] = ("csv", "parquet")
WARM_UP: Final = date(2025, 8, 31)
FIRST: Final = date(2025, 9, 1)
DAYS: Final = 30
LAST: Final = FIRST + timedelta(DAYS - 1)
_STATES: Final = ["SP", "RJ", "MG", "BA", "RS", "PR", "SC", "PE", "GO", "CE"]
_SALES: Final = """
    SELECT '{day}-' || i // 2 AS id_pedido, 'p' || 2 * (hash(i, 1) % 1000) + i % 2 AS id_produto,
        'u' || hash(i // 2, 2) % 50000 AS id_usuario,
        CASE WHEN i % 1000 = 3 THEN -1 ELSE hash(i, 3) % 5 + 1 END::INTEGER AS quantidade,
        CASE WHEN i % 1000 = 5 THEN NULL
            ELSE (hash(i, 4) % 50000 + 100)::DECIMAL(18, 2) / 100 END::DECIMAL(18, 2) AS preco,
        TIMESTAMP '{day}' + to_seconds((hash(i // 2, 5) % 86400)::BIGINT) AS data,
        {states}[(hash(i // 2, 6) % {n_states} + 1)::INTEGER] AS regiao
    FROM (SELECT i FROM range({rows}) AS once(i) UNION ALL
        SELECT i FROM range({rows}) AS again(i) WHERE i % 1000 = 7)
"""
_PRODUCTS: Final = """
    SELECT 'p' || i AS id_produto, 'Produto ' || i AS nome, 'categoria ' || i % 20 AS categoria,
        (i + 100)::DECIMAL(18, 2) AS preco_lista FROM range(2000) AS numbers(i)
"""
_OPTIONS: Final[dict[Form, str]] = {
    "csv": "(FORMAT csv, HEADER)",
    "parquet": "(FORMAT parquet, COMPRESSION snappy)",
}


def sales_of(day: date, *, rows: int) -> str:
    """The query for a day's rows."""
    return _SALES.format(day=day, rows=rows, states=_STATES, n_states=len(_STATES))


def write_files(folder: Path, *, rows: int) -> None:
    """Rows of a month, in a file for each day, below a folder for each form; the same number of
    rows as one of these days has for a day before, to warm up with."""
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as database:
        for form in FORMS:
            _write(database, _PRODUCTS, folder / form / "produtos", form)
            for day in (WARM_UP, *(FIRST + timedelta(n) for n in range(DAYS))):
                sales = sales_of(day, rows=rows // DAYS)
                _write(database, sales, folder / form / "vendas" / f"data={day}", form)


def _write(database: duckdb.DuckDBPyConnection, query: str, folder: Path, form: Form) -> None:
    folder.mkdir(parents=True)
    database.execute(f"COPY ({query}) TO '{folder / form}.{form}' {_OPTIONS[form]}")
