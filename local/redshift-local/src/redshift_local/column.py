"""Column definitions: Redshift's types with their lengths in bytes, and what may stand beside."""

from dataclasses import dataclass
from typing import Final

from redshift_local.dialect import render
from redshift_local.sql import Cursor, Token, quoted

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
    """A column as it was defined; `limit` is its most bytes, of a value of the type `sized`."""

    name: str
    type: str
    sized: str = ""
    limit: int = 0
    not_null: bool = False
    default: str = ""
    is_key: bool = False
    distkey: bool = False
    sortkey: bool = False

    @property
    def sql(self) -> str:
        """The column for PostgreSQL, whose VARCHAR counts characters: a check counts bytes."""
        name = quoted(self.name)
        parts = [name, self.type]
        if self.default:
            parts.append(f"DEFAULT {self.default}")
        if self.not_null:
            parts.append("NOT NULL")
        if self.limit:
            check = quoted(f"{self.sized}_bytes_{self.limit}_{self.name}")
            parts.append(f"CONSTRAINT {check} CHECK (octet_length({name}) <= {self.limit})")
        return " ".join(parts)


def parse_column(cursor: Cursor, found: list[Token], sql: str) -> Column:
    """One column definition; `found` and `sql` are what the cursor walks over."""
    column = Column(cursor.name(), "")
    _type(cursor, column)
    while not cursor.done and cursor.peek() not in (",", ")"):
        _attribute(cursor, column, found, sql)
    return column


def skip_reference(cursor: Cursor) -> None:
    """Step over what follows REFERENCES."""
    cursor.table()
    if cursor.peek() == "(":
        cursor.names()


def _type(cursor: Cursor, column: Column) -> None:
    word = cursor.next().value
    if word in ("character", "binary", "national") and cursor.accept("varying"):
        word = "varbyte" if word == "binary" else "varchar"
    if word in _SIZED:
        column.sized, default = _SIZED[word]
        column.limit = _length(cursor, column.sized, default)
        column.type = "bytea" if column.sized == "varbyte" else f"{column.sized}({column.limit})"
    elif word in ("decimal", "numeric", "dec"):
        column.type = "numeric" + _precision(cursor)
    elif word == "double":
        cursor.expect("precision")
        column.type = "double precision"
    elif word in _PLAIN:
        column.type = _PLAIN[word] + _zone(cursor, word)
    else:
        raise cursor.refuse(f"no type {word} of column {column.name} is carried out")
    if cursor.peek() == "[":
        raise cursor.refuse(f"Redshift has no array type, as column {column.name} would be")


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


def _attribute(cursor: Cursor, column: Column, found: list[Token], sql: str) -> None:
    """ENCODE means nothing to PostgreSQL; NOT NULL and DEFAULT stay."""
    if _key(cursor, column) or cursor.accept("null"):
        return
    if cursor.accept("not", "null"):
        column.not_null = True
    elif cursor.accept("encode"):
        cursor.name()
    elif cursor.accept("default"):
        column.default = _default(cursor, found, sql)
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


def _default(cursor: Cursor, found: list[Token], sql: str) -> str:
    start = cursor.position
    depth = 0
    while not cursor.done:
        word = cursor.peek()
        if depth == 0 and word in (",", ")", *_ATTRIBUTES) and cursor.position > start:
            break
        depth += (word == "(") - (word == ")")
        cursor.next()
    return render(found[start : cursor.position], sql, "DEFAULT")
