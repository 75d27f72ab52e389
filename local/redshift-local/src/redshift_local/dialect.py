"""Translates queries and expressions: Redshift's own into PostgreSQL's; refuses PostgreSQL's own.

Functions, types and operators pass by allowlists. Clauses are refused that are easily written
although Redshift does not have them.
"""

from typing import Final

from redshift_local.calls import KEYWORDS, called_before, closing, is_call
from redshift_local.functions import FUNCTIONS, INSTEAD, RANKING
from redshift_local.refusal import RefusedError
from redshift_local.rewording import Render, reword
from redshift_local.sql import Cursor, Token, outermost, quoted
from redshift_local.sql_types import parse_type

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
    ("is", "distinct"),
    ("is", "not", "distinct"),
    ("intersect", "all"),
    ("except", "all"),
    ("range", "between"),
    ("range", "unbounded"),
    ("range", "current"),
    ("groups", "between"),
    ("groups", "unbounded"),
    ("with", "ties"),
    ("with", "ordinality"),
    ("between", "symmetric"),
)
_BY_FIRST: Final[dict[str, list[tuple[str, ...]]]] = {}
for _sequence in _NOT_REDSHIFT:
    _BY_FIRST.setdefault(_sequence[0], []).append(_sequence)

_OPERATORS: Final = frozenset(
    [
        "(",
        ")",
        ",",
        ".",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "=",
        "<",
        ">",
        "<=",
        ">=",
        "<>",
        "!=",
        "||",
        "::",
        "~",
        "!~",
    ]
)
_LITERAL_TYPES: Final = ["date", "time", "timetz", "timestamp", "timestamptz", "interval", "zone"]
_BEFORE_STRING: Final = KEYWORDS.union(_LITERAL_TYPES, ("both", "leading", "trailing"))
_LEADER_NODE: Final = frozenset(
    [
        "current_catalog",
        "current_role",
        "current_time",
        "current_timestamp",
        "localtime",
        "localtimestamp",
        "system_user",
    ]
)
_FRAMES: Final = frozenset(["order", "rows"])
_SYSDATE: Final = "transaction_timestamp()::timestamp"


def render(tokens: list[Token], sql: str, statement: str) -> str:
    """These tokens as PostgreSQL reads them, with the white space of `sql` between them.

    Raises RefusedError, naming what Redshift does not have.
    """
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        if at:
            parts.append(sql[tokens[at - 1].end : tokens[at].start])
        _refuse_foreign(tokens, at, statement)
        text, at = _reword(tokens, at, statement, lambda part: render(part, sql, statement))
        parts.append(text)
    return "".join(parts)


def _refuse_foreign(tokens: list[Token], at: int, statement: str) -> None:
    token = tokens[at]
    if token.kind == "symbol" and token.text not in _OPERATORS:
        raise _foreign(statement, token.text)
    if token.kind == "string":
        _check_before_string(tokens, at, statement)
    elif is_call(tokens, at):
        _check_function(tokens, at, statement)
    if token.kind in ("word", "symbol"):
        _check_words(tokens, at, statement)


def _check_words(tokens: list[Token], at: int, statement: str) -> None:
    word = tokens[at].value
    for sequence in _BY_FIRST.get(word, ()):
        if tuple(token.value for token in tokens[at : at + len(sequence)]) == sequence:
            raise _foreign(statement, " ".join(sequence).upper())
    if word in _LEADER_NODE and _around(tokens, at)[0] not in (".", "as"):
        raise _no_function(statement, word)
    if word == "over":
        _check_window(tokens, at, statement)


def _check_function(tokens: list[Token], at: int, statement: str) -> None:
    """A function with a schema is somebody's own, and there are none."""
    name = tokens[at].value
    if name not in FUNCTIONS or _around(tokens, at)[0] == ".":
        raise _no_function(statement, name)


def _check_before_string(tokens: list[Token], at: int, statement: str) -> None:
    """A word right before a string is its type, or says how it is written."""
    if at and tokens[at - 1].kind == "word" and tokens[at - 1].value not in _BEFORE_STRING:
        why = f'type "{tokens[at - 1].value}" does not exist'
        raise RefusedError(statement, why, "42704")


def _check_window(tokens: list[Token], at: int, statement: str) -> None:
    """Redshift wants a frame with ORDER BY, but for functions that rank; it names no window."""
    if _around(tokens, at)[1] != "(":
        raise _foreign(statement, "WINDOW clause")
    inside = {token.value for token in outermost(tokens[at + 2 : closing(tokens, at + 1)])}
    if inside & _FRAMES == {"order"} and called_before(tokens, at) not in RANKING:
        why = "Aggregate window functions with an ORDER BY clause require a frame clause"
        raise RefusedError(statement, why)


def _reword(tokens: list[Token], at: int, statement: str, render_part: Render) -> tuple[str, int]:
    """The translated text of the token here, and the position after it."""
    token = tokens[at]
    if token.kind == "quoted":
        return quoted(token.value), at + 1
    if token.text == "::" or (token.value == "as" and _ends_a_cast(tokens, at)):
        cursor = Cursor(tokens, statement, at + 1)
        return f"{token.text}{' ' * (token.text != '::')}{parse_type(cursor).sql}", cursor.position
    if token.kind != "word":
        return token.text, at + 1
    if is_call(tokens, at):
        return reword(tokens, at, render_part) or (token.text, at + 1)
    if token.value == "sysdate" and _around(tokens, at)[0] not in (".", "as"):
        return _SYSDATE, at + 1
    return token.text, at + 1


def _ends_a_cast(tokens: list[Token], at: int) -> bool:
    """Whether this AS stands in CAST(... AS type)."""
    depth = 0
    for position in range(at - 1, 0, -1):
        if tokens[position].kind == "symbol":
            depth += (tokens[position].text == ")") - (tokens[position].text == "(")
        if depth < 0:
            return tokens[position - 1].value == "cast"
    return False


def _around(tokens: list[Token], at: int) -> tuple[str, str]:
    before = tokens[at - 1].value if at else ""
    after = tokens[at + 1].value if at + 1 < len(tokens) else ""
    return before, after


def _no_function(statement: str, name: str) -> RefusedError:
    instead = f"; {INSTEAD[name]}" if name in INSTEAD else ""
    return RefusedError(statement, f"function {name} does not exist{instead}", "42883")


def _foreign(statement: str, what: str) -> RefusedError:
    return RefusedError(statement, f"Redshift has no {what}")
