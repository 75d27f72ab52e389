"""Translates CREATE TABLE and ALTER TABLE for PostgreSQL.

Keys are accepted and not enforced, as on Redshift. DISTKEY becomes an index and SORTKEY a BRIN
index (several columns: an index), standing for co-location and zone maps: they change no result.
Temporary tables have none.
"""

from dataclasses import dataclass, field
from typing import Final

from redshift_local.column_definitions import Column, parse_column, skip_reference
from redshift_local.dialect import render
from redshift_local.sql import Cursor, Token, literal, quoted

_FORWARDED_CHANGES: Final = (
    ("drop", "column"),
    ("rename", "to"),
    ("rename", "column"),
    ("owner", "to"),
)


@dataclass(slots=True)
class _Table:
    name: str = ""
    temporary: bool = False
    if_not_exists: bool = False
    columns: list[Column] = field(default_factory=list)
    like: str = ""
    labels: list[str] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)
    distkey: str = ""
    sortkey: list[str] = field(default_factory=list)


def create_table(tokens: list[Token], sql: str) -> str:
    """One statement, since the extended protocol takes no more: a DO block where indexes are
    made along with the table."""
    cursor = Cursor(tokens, "CREATE TABLE")
    table = _Table()
    _head(cursor, table)
    if cursor.accept("("):
        _items(cursor, table, tokens, sql)
        cursor.expect(")")
    while not (cursor.done or cursor.peek() == "as"):
        _table_attribute(cursor, table)
    if cursor.accept("as"):
        query = render(tokens[cursor.position :], sql, "CREATE TABLE AS")
        return f"{_opening(table)}{_in_parentheses(table.labels)} AS {query}"
    if table.labels:
        raise cursor.refuse(f"column {table.labels[0]} has no type", "42601")
    return _with_indexes(table, _statement(table))


def alter_table(tokens: list[Token], sql: str) -> str:
    """ADD COLUMN, DROP COLUMN, RENAME and OWNER; all else is refused."""
    cursor = Cursor(tokens, "ALTER TABLE")
    cursor.expect("alter", "table")
    table = cursor.table()
    rest = tuple(token.value for token in tokens[cursor.position : cursor.position + 2])
    if cursor.accept("add"):
        return f"ALTER TABLE {table} ADD COLUMN {_added_column(cursor, tokens, sql)}"
    if rest not in _FORWARDED_CHANGES or "," in (token.value for token in tokens):
        raise cursor.unexpected()
    return render(tokens, sql, "ALTER TABLE")


def _added_column(cursor: Cursor, tokens: list[Token], sql: str) -> str:
    cursor.accept("column")
    column = parse_column(cursor, tokens, sql)
    if cursor.peek() == ",":
        raise cursor.refuse("Redshift adds one column in each ALTER TABLE", "42601")
    if not cursor.done:
        raise cursor.unexpected()
    if column.is_key:
        raise cursor.refuse("a column that Redshift adds can be no key")
    if column.not_null and column.default.lower() in ("", "null"):
        raise cursor.refuse(
            "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression"
        )
    return column.sql


def _head(cursor: Cursor, table: _Table) -> None:
    cursor.expect("create")
    cursor.accept("local")
    table.temporary = cursor.accept("temp") or cursor.accept("temporary")
    cursor.expect("table")
    table.if_not_exists = cursor.accept("if", "not", "exists")
    table.name = cursor.table()


def _items(cursor: Cursor, table: _Table, tokens: list[Token], sql: str) -> None:
    while True:
        _item(cursor, table, tokens, sql)
        if not cursor.accept(","):
            return


def _item(cursor: Cursor, table: _Table, tokens: list[Token], sql: str) -> None:
    if cursor.peek() == "constraint":
        cursor.next()
        cursor.name()
    if cursor.accept("like"):
        table.like = _like(cursor, table)
    elif cursor.accept("primary", "key"):
        table.primary_key += cursor.names()
    elif cursor.accept("unique"):
        cursor.names()
    elif cursor.accept("foreign", "key"):
        cursor.names()
        cursor.expect("references")
        skip_reference(cursor)
    elif cursor.peek(1) in (",", ")"):
        table.labels.append(quoted(cursor.name()))
    else:
        table.columns.append(parse_column(cursor, tokens, sql))


def _like(cursor: Cursor, table: _Table) -> str:
    like = f"LIKE {cursor.table()} INCLUDING CONSTRAINTS"
    if not table.temporary:
        like += " INCLUDING INDEXES"
    if cursor.accept("including", "defaults"):
        return like + " INCLUDING DEFAULTS"
    cursor.accept("excluding", "defaults")
    return like


def _table_attribute(cursor: Cursor, table: _Table) -> None:
    if cursor.accept("distkey"):
        table.distkey, *more = cursor.names()
        if more:
            raise cursor.refuse("Redshift has one DISTKEY column", "42601")
    elif cursor.accept("diststyle"):
        style = cursor.name()
        if style not in ("all", "even", "key", "auto"):
            raise cursor.refuse(f"Redshift has no DISTSTYLE {style}", "42601")
    elif cursor.accept("sortkey", "auto") or cursor.accept("encode", "auto"):
        return
    elif cursor.accept("backup"):
        cursor.name()
    else:
        cursor.accept("compound") or cursor.accept("interleaved")
        cursor.expect("sortkey")
        table.sortkey = cursor.names()


def _opening(table: _Table) -> str:
    temporary = "TEMP " if table.temporary else ""
    if_not_exists = "IF NOT EXISTS " if table.if_not_exists else ""
    return f"CREATE {temporary}TABLE {if_not_exists}{table.name}"


def _statement(table: _Table) -> str:
    for column in table.columns:
        column.not_null = column.not_null or column.name in table.primary_key
    items = [column.sql for column in table.columns]
    return _opening(table) + _in_parentheses([*items, table.like] if table.like else items)


def _in_parentheses(items: list[str]) -> str:
    return f" ({', '.join(items)})" if items else ""


def _with_indexes(table: _Table, statement: str) -> str:
    indexes = [] if table.temporary else _indexes(table)
    if not indexes:
        return statement
    body = "; ".join([statement, *indexes])
    if table.if_not_exists:
        body = f"IF to_regclass({literal(table.name)}) IS NULL THEN {body}; END IF"
    return f"DO $redshift_local$ BEGIN {body}; END $redshift_local$"


def _indexes(table: _Table) -> list[str]:
    distkey = table.distkey or next((c.name for c in table.columns if c.distkey), "")
    sortkey = table.sortkey or [c.name for c in table.columns if c.sortkey]
    indexes = [f"CREATE INDEX ON {table.name} ({quoted(distkey)})"] if distkey else []
    if len(sortkey) == 1:
        kind = "USING brin " if sortkey else ""
        with_ = " WITH (pages_per_range = 16, autosummarize = on)"
        indexes.append(f"CREATE INDEX ON {table.name} {kind}({quoted(sortkey[0])}){with_}")
    elif sortkey:
        columns = ", ".join(quoted(name) for name in sortkey)
        indexes.append(f"CREATE INDEX ON {table.name} ({columns})")
    return indexes
