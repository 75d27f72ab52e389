"""Translates BEGIN, LOCK and SET.

Every transaction is REPEATABLE READ, PostgreSQL's name for the snapshot isolation that Redshift
gives a database by default; the level that a BEGIN asks for changes nothing on either.
"""

from typing import Final

from redshift_local.dialect import render
from redshift_local.sql import Cursor, Token

_SHARED: Final = frozenset(
    [
        "timezone",
        "search_path",
        "statement_timeout",
        "datestyle",
        "extra_float_digits",
        "client_encoding",
        "application_name",
    ]
)
_REDSHIFT_ONLY: Final = frozenset(
    [
        "query_group",
        "enable_result_cache_for_session",
        "wlm_query_slot_count",
        "describe_field_name_in_uppercase",
        "analyze_threshold_percent",
        "json_serialization_enable",
        "use_fips_ssl",
    ]
)
_LEVELS: Final = (
    ("serializable",),
    ("snapshot",),
    ("repeatable", "read"),
    ("read", "committed"),
    ("read", "uncommitted"),
)


def begin(tokens: list[Token]) -> str:
    """BEGIN without its level of isolation; READ ONLY stays."""
    cursor = Cursor(tokens, tokens[0].value.upper())
    cursor.next()
    cursor.accept("work") or cursor.accept("transaction")
    mode = ""
    while not cursor.done:
        cursor.accept(",")
        if cursor.accept("isolation", "level"):
            if not any(cursor.accept(*level) for level in _LEVELS):
                raise cursor.unexpected()
        elif cursor.accept("read", "only"):
            mode = " READ ONLY"
        else:
            cursor.expect("read", "write")
    return f"BEGIN{mode}"


def lock(tokens: list[Token]) -> str:
    """LOCK [TABLE] names; Redshift knows no other mode than the strongest."""
    cursor = Cursor(tokens, "LOCK")
    cursor.expect("lock")
    cursor.accept("table")
    names = [cursor.table()]
    while cursor.accept(","):
        names.append(cursor.table())
    if not cursor.done:
        raise cursor.refuse("Redshift has no lock mode or NOWAIT")
    return f"LOCK TABLE {', '.join(names)}"


def set_parameter(tokens: list[Token], sql: str) -> str:
    """SET of what both know; what Redshift alone knows is kept under a name of its own."""
    cursor = Cursor(tokens, "SET")
    cursor.expect("set")
    cursor.accept("session")
    name = cursor.name()
    if name == "time" and cursor.accept("zone"):
        return render(tokens, sql, "SET")
    if not (cursor.accept("to") or cursor.accept("=")):
        raise cursor.refuse(f"SET {name.upper()} is not carried out")
    value = render(tokens[cursor.position :], sql, "SET")
    if name in _SHARED:
        return f"SET {name} TO {value}"
    if name in _REDSHIFT_ONLY:
        return f"SET redshift.{name} TO {value}"
    raise cursor.refuse(f"SET {name} is not carried out")
