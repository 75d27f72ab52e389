"""Reads files of products."""

from pathlib import Path
from typing import Final

import pyarrow as pa

from batch_etl.cleaned_file import CleanedFile, read_file
from batch_etl.layout import ColumnKind, Field, Layout, Rules

PRODUCTS: Final = Layout(
    fields=(
        Field("id_produto", ColumnKind.ID),
        Field("nome", ColumnKind.NAME),
        Field("categoria", ColumnKind.CATEGORY, required=False),
        Field("preco_lista", ColumnKind.PRICE, required=False),
    ),
    key=("id_produto",),
    schema=pa.schema(
        [
            pa.field("id_produto", pa.string(), nullable=False),
            pa.field("nome", pa.string(), nullable=False),
            pa.field("categoria", pa.string()),
            pa.field("preco_lista", pa.decimal128(18, 2)),
            pa.field("linha", pa.int64(), nullable=False),
        ]
    ),
)
"""`categoria` is in lower case, with the accents that the file has."""


def read_products(path: Path, name: str, rules: Rules) -> CleanedFile:
    """The products of a file; as `read_sales`."""
    return read_file(path, name=name, layout=PRODUCTS, rules=rules)
