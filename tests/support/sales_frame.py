"""The sales of a shop's exported files by plain DataFrames, and their sums by DuckDB: the twin of
batch-etl.

It knows no more than these exports need: files with our own column names, and a decimal comma
wherever dates are dd/mm/yyyy. Money is whole cents.
"""

from collections.abc import Iterable
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

_ZONE = "America/Sao_Paulo"
_SALE = ["id_pedido", "id_produto"]
_UNKNOWN = "desconhecido"
_SUMS = """
SELECT {keys}, COUNT(DISTINCT id_pedido), SUM(quantidade), SUM(receita), COUNT(DISTINCT id_usuario)
FROM linhas GROUP BY ALL
"""
_PACKED = {"gz": "gzip", "zst": "zstd"}


class File(NamedTuple):
    """One object of the bucket."""

    path: str
    content: bytes


def daily_and_monthly(
    sales: Iterable[File], products: Iterable[File]
) -> dict[str, set[tuple[Any, ...]]]:
    """The rows of each table of figures, of files in the order in which they were modified."""
    lines = _sales(sales).merge(_products(products), on="id_produto", how="left")
    day = lines["data"].dt.tz_convert(_ZONE).dt.date
    lines = lines.assign(
        dia=day,
        mes=[each.replace(day=1) for each in day],
        categoria=lines["categoria"].fillna(_UNKNOWN),
        receita=lines["quantidade"] * lines["centavos"],
    )
    return {
        "vendas_diarias": _figures(lines, "dia, regiao, categoria"),
        "produtos_diarios": {row[:-1] for row in _figures(lines, "dia, id_produto")},
        "receita_diaria": _figures(lines, "dia"),
        "receita_mensal": _figures(lines, "mes"),
    }


def _figures(lines: pd.DataFrame, keys: str) -> set[tuple[Any, ...]]:
    with duckdb.connect(config={"threads": 1}) as database:
        database.register("linhas", lines)
        sums = database.execute(_SUMS.format(keys=keys)).fetchall()
    return {(*row[:-2], Decimal(row[-2]) / 100, row[-1]) for row in sums}


def _sales(files: Iterable[File]) -> pd.DataFrame:
    """Each sale once, as the last row of it says."""
    lines = pd.concat([_valid(_typed(_read(file))) for file in files], ignore_index=True)
    return lines.drop_duplicates(_SALE, keep="last")


def _products(files: Iterable[File]) -> pd.DataFrame:
    rows = pd.concat([_read(file) for file in files], ignore_index=True)
    latest = rows.drop_duplicates("id_produto", keep="last")
    return latest[["id_produto"]].assign(categoria=latest["categoria"].str.lower())


def _read(file: File) -> pd.DataFrame:
    suffix = file.path.rpartition(".")[2]
    if suffix == "parquet":
        return pd.read_parquet(BytesIO(file.content)).astype({"preco": str, "quantidade": str})
    packed = pa.BufferReader(file.content)
    unpacked = pa.input_stream(packed, compression=_PACKED.get(suffix)).read()
    try:
        text = unpacked.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = unpacked.decode("cp1252")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    return pd.read_csv(StringIO(text), sep=delimiter, dtype=str, keep_default_na=False)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """What is no number or moment becomes NaN or NaT."""
    moments, prices = rows["data"], rows["preco"]
    if moments.astype(str).str.contains("/").any():
        prices = prices.str.replace(".", "").str.replace(",", ".")
        local = pd.to_datetime(moments, format="%d/%m/%Y %H:%M:%S")
        moments = local.dt.tz_localize(_ZONE)
    return rows.assign(
        quantidade=pd.to_numeric(rows["quantidade"], errors="coerce"),
        centavos=(pd.to_numeric(prices, errors="coerce") * 100).round(),
        data=pd.to_datetime(moments, utc=True, format="ISO8601"),
    )


def _valid(rows: pd.DataFrame) -> pd.DataFrame:
    is_valid = (
        rows["quantidade"].between(1, 1_000_000)
        & rows["centavos"].between(0, 9_999_999_999)
        & (rows["data"].dt.year >= 2000)
    )
    return rows[is_valid].astype({"quantidade": "int64", "centavos": "int64"})
