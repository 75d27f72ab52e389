"""Parses COPY ... FROM 's3://...' FORMAT PARQUET."""

from dataclasses import dataclass
from typing import Final

from redshift_local.sql import Cursor, Token, quoted

_STATEMENT: Final = "COPY"


@dataclass(frozen=True, slots=True)
class CopyCommand:
    """Load the Parquet files below `source`, or those that the manifest at `source` lists.

    `role` is an ARN, or `default`.

    `table` and `columns` are SQL; no columns stands for all of the table.
    """

    table: str
    columns: tuple[str, ...]
    source: str
    manifest: bool
    role: str

    @property
    def target(self) -> str:
        """The table with its columns, as INSERT and COPY name them."""
        return f"{self.table} ({', '.join(self.columns)})" if self.columns else self.table

    @property
    def shape(self) -> str:
        """A query whose description has the types of the columns to be loaded."""
        return f"SELECT {', '.join(self.columns) or '*'} FROM {self.table}"

    @property
    def from_client(self) -> str:
        """The statement by which PostgreSQL takes the rows."""
        return f"COPY {self.target} FROM STDIN (FORMAT csv)"


def parse_copy(tokens: list[Token]) -> CopyCommand:
    """Parse the statement; options may come in any order.

    Refused: every source but S3, every format but Parquet, and what Redshift itself refuses beside
    Parquet (REGION, COMPUPDATE, delimiters, ...).
    """
    cursor = Cursor(tokens, _STATEMENT)
    cursor.expect("copy")
    table = cursor.table()
    columns = cursor.names() if cursor.peek() == "(" else []
    cursor.expect("from")
    source = cursor.string()
    if not source.startswith("s3://"):
        raise cursor.refuse(f"only s3:// can be read, not {source!r}")
    options: dict[str, str] = {}
    while not cursor.done:
        options |= _option(cursor)
    if "parquet" not in options:
        raise cursor.refuse("only FORMAT PARQUET is carried out")
    if "role" not in options:
        raise cursor.refuse("IAM_ROLE is missing", "42601")
    names = tuple(quoted(name) for name in columns)
    return CopyCommand(table, names, source, "manifest" in options, options["role"])


def _option(cursor: Cursor) -> dict[str, str]:
    if cursor.accept("iam_role"):
        return {"role": "default" if cursor.accept("default") else cursor.string()}
    if cursor.accept("format"):
        cursor.accept("as")
        cursor.expect("parquet")
        return {"parquet": ""}
    if cursor.accept("parquet"):
        return {"parquet": ""}
    if cursor.accept("statupdate"):
        if not cursor.accept("off"):
            cursor.accept("on")
        return {}
    cursor.expect("manifest")
    return {"manifest": ""}
