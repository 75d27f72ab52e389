"""Queries and expressions: Redshift's own words for PostgreSQL, PostgreSQL's own refused.

The refused ones are those that one writes without noticing that Redshift has no such thing.
"""

from typing import Final

from redshift_local import calls
from redshift_local.refusal import RefusedError
from redshift_local.sql import Token, quoted

_NOT_REDSHIFT: Final = (
    ("on", "conflict"),
    ("returning",),
    ("for", "update"),
    ("for", "no", "key"),
    ("for", "share"),
    ("for", "key", "share"),
    ("distinct", "on"),
    ("filter", "("),
    ("lateral",),
    ("tablesample",),
    ("fetch", "first"),
    ("fetch", "next", "row"),
    ("as", "materialized"),
    ("as", "not", "materialized"),
    ("overriding",),
    ("(", "values"),
    ("(", "table"),
    ("array", "["),
    ("nowait",),
    ("skip", "locked"),
    ("where", "current", "of"),
)
_BY_FIRST: Final[dict[str, list[tuple[str, ...]]]] = {}
for _sequence in _NOT_REDSHIFT:
    _BY_FIRST.setdefault(_sequence[0], []).append(_sequence)

_OPERATORS: Final = frozenset(["->", "->>", "#>", "#>>", "@>", "<@", "&&", "[", "?", "$", "@", "#"])
_TYPES: Final = frozenset(
    [
        "bytea",
        "json",
        "jsonb",
        "uuid",
        "serial",
        "bigserial",
        "smallserial",
        "money",
        "inet",
        "cidr",
        "macaddr",
        "xml",
        "hstore",
        "tsvector",
        "tsquery",
        "int4range",
        "int8range",
        "numrange",
        "tsrange",
        "tstzrange",
        "daterange",
        "regclass",
        "oidvector",
        "citext",
        "bit",
    ]
)
_FUNCTIONS: Final = frozenset(
    [
        "array_agg",
        "string_agg",
        "unnest",
        "generate_series",
        "gen_random_uuid",
        "uuidv7",
        "json_agg",
        "jsonb_agg",
        "json_build_object",
        "jsonb_build_object",
        "jsonb_set",
        "row_to_json",
        "to_json",
        "to_jsonb",
        "json_each",
        "jsonb_each",
        "jsonb_array_elements",
        "to_tsvector",
        "make_date",
        "make_timestamp",
        "date_bin",
        "age",
        "format",
        "clock_timestamp",
        "pg_advisory_lock",
        "pg_advisory_xact_lock",
        "pg_try_advisory_lock",
        "pg_notify",
        "pg_sleep",
        "regexp_matches",
        "regexp_match",
        "regexp_split_to_table",
        "string_to_array",
        "string_to_table",
        "array_to_string",
        "array_length",
        "cardinality",
        "nextval",
        "currval",
        "setval",
        "num_nulls",
        "num_nonnulls",
        "set_config",
        "pg_read_file",
        "lo_import",
        "dblink",
        "encode",
        "decode_bytes",
        "bit_count",
    ]
)
_SYSDATE: Final = "transaction_timestamp()::timestamp"
_CASTS: Final = {"varbyte": "bytea", "varbinary": "bytea"}


def render(found: list[Token], sql: str, statement: str) -> str:
    """These tokens as PostgreSQL reads them, with the white space of `sql` between them.

    Raises RefusedError, naming what Redshift does not have.
    """
    parts: list[str] = []
    at = 0
    while at < len(found):
        if at:
            parts.append(sql[found[at - 1].end : found[at].start])
        _refuse_foreign(found, at, statement)
        text, at = _reword(found, at, lambda part: render(part, sql, statement))
        parts.append(text)
    return "".join(parts)


def _refuse_foreign(found: list[Token], at: int, statement: str) -> None:
    token = found[at]
    if token.kind == "symbol" and token.text in _OPERATORS:
        raise _foreign(statement, token.text)
    if token.kind not in ("word", "symbol"):
        return
    for sequence in _BY_FIRST.get(token.value, ()):
        if tuple(t.value for t in found[at : at + len(sequence)]) == sequence:
            raise _foreign(statement, " ".join(sequence).upper())
    if token.kind == "word" and _is_foreign_word(token.value, _around(found, at)):
        raise _foreign(statement, token.value)


def _is_foreign_word(word: str, around: tuple[str, str]) -> bool:
    before, after = around
    if word in _FUNCTIONS:
        return after == "(" and before != "."
    return word in _TYPES and (before == "::" or (before == "as" and after == ")"))


def _reword(found: list[Token], at: int, render_part: calls.Render) -> tuple[str, int]:
    """The text for what stands here, and the position behind it."""
    token = found[at]
    if token.kind == "quoted":
        return quoted(token.value), at + 1
    if token.kind != "word":
        return token.text, at + 1
    before, after = _around(found, at)
    call = calls.reword(found, at, render_part) if after == "(" and before != "." else None
    if call is not None:
        return call
    if token.value == "sysdate" and before not in (".", "as"):
        return _SYSDATE, at + 1
    if before in ("::", "as"):
        return _CASTS.get(token.value, token.text), at + 1
    return token.text, at + 1


def _around(found: list[Token], at: int) -> tuple[str, str]:
    before = found[at - 1].value if at else ""
    after = found[at + 1].value if at + 1 < len(found) else ""
    return before, after


def _foreign(statement: str, what: str) -> RefusedError:
    return RefusedError(statement, f"Redshift has no {what}")
