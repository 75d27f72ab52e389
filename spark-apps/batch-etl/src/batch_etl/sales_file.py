"""Reads files of sales."""

from pathlib import Path
from typing import Final

import pyarrow as pa

from batch_etl.cleaned_file import CleanedFile, read_file
from batch_etl.layout import ColumnKind, Field, Layout, Rules

SALES: Final = Layout(
    fields=(
        Field("id_pedido", ColumnKind.ID),
        Field("id_produto", ColumnKind.ID),
        Field("quantidade", ColumnKind.COUNT),
        Field("preco", ColumnKind.PRICE),
        Field("data", ColumnKind.MOMENT),
        Field("id_usuario", ColumnKind.ID, required=False, optional=True),
        Field("regiao", ColumnKind.STATE, required=False, optional=True),
    ),
    key=("id_pedido", "id_produto"),
    schema=pa.schema(
        [
            pa.field("id_pedido", pa.string(), nullable=False),
            pa.field("id_produto", pa.string(), nullable=False),
            pa.field("quantidade", pa.int32(), nullable=False),
            pa.field("preco", pa.decimal128(18, 2), nullable=False),
            pa.field("data", pa.timestamp("us"), nullable=False),
            pa.field("id_usuario", pa.string()),
            pa.field("regiao", pa.string()),
            pa.field("linha", pa.int64(), nullable=False),
        ]
    ),
)
"""`regiao` is a state's code, `desconhecido` where the file names no state of Brazil, and None
where it is empty; `data` is UTC."""


def read_sales(path: Path, name: str, rules: Rules) -> CleanedFile:
    """The sales of a file, its `name` being what errors call it.

    Raises BadFileError if the file as a whole cannot be read. Close the result.
    """
    return read_file(path, name=name, layout=SALES, rules=rules)
