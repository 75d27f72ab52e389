"""Redshift's types in definitions and casts, with their lengths in bytes."""

from dataclasses import dataclass
from typing import Final

from redshift_local.sql import Cursor

_PLAIN: Final = {
    "smallint": "smallint",
    "int2": "smallint",
    "integer": "integer",
    "int": "integer",
    "int4": "integer",
    "bigint": "bigint",
    "int8": "bigint",
    "real": "real",
    "float4": "real",
    "float": "double precision",
    "float8": "double precision",
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "time": "time",
    "timetz": "timetz",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
}
_SIZED: Final = {
    "varchar": ("varchar", 256),
    "nvarchar": ("varchar", 256),
    "text": ("varchar", 256),
    "char": ("char", 1),
    "nchar": ("char", 1),
    "character": ("char", 1),
    "bpchar": ("char", 256),
    "varbyte": ("varbyte", 64_000),
    "varbinary": ("varbyte", 64_000),
}
_MAXIMUM: Final = {"varchar": 65_535, "char": 4_096, "varbyte": 16_777_216}


@dataclass(frozen=True, slots=True)
class SqlType:
    """A type as PostgreSQL has it; `limit` is the most bytes of a value of the type `sized`."""

    sql: str
    sized: str = ""
    limit: int = 0


def parse_type(cursor: Cursor) -> SqlType:
    """Step over a type. Raises RefusedError for one that Redshift has not."""
    word = cursor.next().value
    if word in ("character", "binary", "national") and cursor.accept("varying"):
        word = "varbyte" if word == "binary" else "varchar"
    found = _named(cursor, word)
    if cursor.peek() == "[":
        raise cursor.refuse("Redshift has no array type")
    return found


def _named(cursor: Cursor, word: str) -> SqlType:
    if word in _SIZED:
        sized, default = _SIZED[word]
        limit = _length(cursor, sized, default)
        return SqlType("bytea" if sized == "varbyte" else f"{sized}({limit})", sized, limit)
    if word in ("decimal", "numeric", "dec"):
        return SqlType("numeric" + _precision(cursor))
    if word == "double":
        cursor.expect("precision")
        return SqlType("double precision")
    if word in _PLAIN:
        return SqlType(_PLAIN[word] + _zone(cursor, word))
    raise cursor.refuse(f'type "{word}" does not exist', "42704")


def _length(cursor: Cursor, sized: str, default: int) -> int:
    if not cursor.accept("("):
        return default
    length = _MAXIMUM[sized] if cursor.accept("max") else cursor.number()
    cursor.expect(")")
    if not 1 <= length <= _MAXIMUM[sized]:
        raise cursor.refuse(f"length for type {sized} cannot exceed {_MAXIMUM[sized]}", "22023")
    return length


def _precision(cursor: Cursor) -> str:
    if not cursor.accept("("):
        return "(18, 0)"
    precision, scale = cursor.number(), 0
    if cursor.accept(","):
        scale = cursor.number()
    cursor.expect(")")
    if not scale <= precision <= 38:
        raise cursor.refuse("DECIMAL has at most 38 digits, and no larger scale", "22023")
    return f"({precision}, {scale})"


def _zone(cursor: Cursor, word: str) -> str:
    if word in ("time", "timestamp"):
        if cursor.accept("with", "time", "zone"):
            return " with time zone"
        cursor.accept("without", "time", "zone")
    return ""
