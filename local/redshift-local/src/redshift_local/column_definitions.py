"""Parses column definitions: a type and the attributes beside it."""

from dataclasses import dataclass
from typing import Final

from redshift_local.dialect import render
from redshift_local.sql import Cursor, Token, quoted
from redshift_local.sql_types import SqlType, parse_type

_ATTRIBUTES: Final = frozenset(
    [
        "default",
        "encode",
        "distkey",
        "sortkey",
        "not",
        "null",
        "primary",
        "unique",
        "references",
        "constraint",
        "check",
        "identity",
        "generated",
        "collate",
    ]
)


@dataclass(slots=True)
class Column:
    """A column as it was defined."""

    name: str
    type: SqlType
    not_null: bool = False
    default: str = ""
    is_key: bool = False
    distkey: bool = False
    sortkey: bool = False

    @property
    def sql(self) -> str:
        """The column for PostgreSQL, whose VARCHAR counts characters: a check counts bytes."""
        name = quoted(self.name)
        parts = [name, self.type.sql]
        if self.default:
            parts.append(f"DEFAULT {self.default}")
        if self.not_null:
            parts.append("NOT NULL")
        if limit := self.type.limit:
            check = quoted(f"{self.type.sized}_bytes_{limit}_{self.name}")
            parts.append(f"CONSTRAINT {check} CHECK (octet_length({name}) <= {limit})")
        return " ".join(parts)


def parse_column(cursor: Cursor, tokens: list[Token], sql: str) -> Column:
    """One column definition; `tokens` and `sql` are what the cursor walks over."""
    column = Column(cursor.name(), parse_type(cursor))
    while not cursor.done and cursor.peek() not in (",", ")"):
        _attribute(cursor, column, tokens, sql)
    return column


def skip_reference(cursor: Cursor) -> None:
    """Step over what follows REFERENCES."""
    cursor.table()
    if cursor.peek() == "(":
        cursor.names()


def _attribute(cursor: Cursor, column: Column, tokens: list[Token], sql: str) -> None:
    """ENCODE means nothing to PostgreSQL; NOT NULL and DEFAULT stay."""
    if _key(cursor, column) or cursor.accept("null"):
        return
    if cursor.accept("not", "null"):
        column.not_null = True
    elif cursor.accept("encode"):
        cursor.name()
    elif cursor.accept("default"):
        column.default = _default(cursor, tokens, sql)
    else:
        raise cursor.unexpected()


def _key(cursor: Cursor, column: Column) -> bool:
    """Step over a key, if one comes. A primary key implies NOT NULL, which Redshift enforces."""
    if cursor.accept("distkey"):
        column.distkey = True
    elif cursor.accept("sortkey"):
        column.sortkey = True
    elif cursor.accept("primary", "key"):
        column.not_null = True
    elif cursor.accept("references"):
        skip_reference(cursor)
    elif not cursor.accept("unique"):
        return False
    column.is_key = True
    return True


def _default(cursor: Cursor, tokens: list[Token], sql: str) -> str:
    start = cursor.position
    depth = 0
    while not cursor.done:
        word = cursor.peek()
        if depth == 0 and word in (",", ")", *_ATTRIBUTES) and cursor.position > start:
            break
        depth += (word == "(") - (word == ")")
        cursor.next()
    return render(tokens[start : cursor.position], sql, "DEFAULT")
