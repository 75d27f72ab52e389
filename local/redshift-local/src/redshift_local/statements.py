"""Decides what to do with a statement by its text alone, without any I/O."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from redshift_local.copy_command import CopyCommand, parse_copy
from redshift_local.dialect import render
from redshift_local.parameters import check_parameters
from redshift_local.refusal import RefusedError
from redshift_local.sql import Cursor, Token, outermost, statements, tokenize
from redshift_local.table_statements import alter_table, create_table
from redshift_local.transactions import begin, lock, set_parameter

_CACHED_LENGTH: Final = 16_384


@dataclass(frozen=True, slots=True)
class Forward:
    """Let PostgreSQL carry out `sql`; its answer bears the command tag `tag` where one is given."""

    sql: str
    tag: bytes = b""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Empty a table and commit the transaction, as Redshift's TRUNCATE does."""

    sql: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Fail the statement with this message and SQLSTATE."""

    message: str
    state: str


Decision = Forward | Truncate | CopyCommand | Refusal
_Rule = Callable[[list[Token], str], Decision]


def decide(sql: str) -> Decision:
    """The same for the same text; remembered, since drivers repeat themselves."""
    return _remembered(sql) if len(sql) <= _CACHED_LENGTH else _decide(sql)


def _decide(sql: str) -> Decision:
    try:
        parts = statements(tokenize(sql))
        if not parts:
            return Forward(sql)
        decisions = [_one(part, sql) for part in parts]
    except RefusedError as refused:
        return Refusal(str(refused), refused.state)
    except RecursionError:
        return Refusal("redshift-local refuses SQL: it is nested too deep", "54001")
    return decisions[0] if len(decisions) == 1 else _several(decisions)


_remembered = lru_cache(maxsize=1024)(_decide)


def _several(decisions: list[Decision]) -> Decision:
    texts = []
    for decision in decisions:
        if not isinstance(decision, Forward) or decision.tag:
            what = "COPY, TRUNCATE and CREATE TABLE with keys must be sent alone"
            return Refusal(f"redshift-local refuses several statements at once: {what}", "0A000")
        texts.append(decision.sql)
    return Forward("; ".join(texts))


def _one(tokens: list[Token], sql: str) -> Decision:
    check_parameters(tokens)
    first = tokens[0].value
    rule = _RULES.get(first if tokens[0].kind in ("word", "symbol") else "")
    if rule is None:
        raise RefusedError(tokens[0].value.upper()[:40], "it is not carried out here")
    return rule(tokens, sql)


def _as_it_is(tokens: list[Token], sql: str) -> Decision:
    return Forward(render(tokens, sql, tokens[0].value.upper()))


def _exactly(*shapes: str) -> _Rule:
    """Statements that are carried out in these shapes only; `_` stands for any one name."""

    def rule(tokens: list[Token], sql: str) -> Decision:
        said = [token.value for token in tokens]
        for shape in shapes:
            words = shape.split()
            if len(words) == len(said) and all(
                word in ("_", value) for word, value in zip(words, said, strict=True)
            ):
                return Forward(render(tokens, sql, said[0].upper()))
        raise RefusedError(" ".join(said).upper()[:60], "it is not carried out in this form")

    return rule


def _delete(tokens: list[Token], sql: str) -> Decision:
    """USING takes the names of tables alone: neither an alias nor a derived table."""
    cursor = Cursor(tokens, "DELETE")
    cursor.expect("delete", "from")
    cursor.table()
    if cursor.accept("using"):
        cursor.table()
        while cursor.accept(","):
            cursor.table()
    if not cursor.done and cursor.peek() != "where":
        raise cursor.refuse("Redshift's DELETE takes names of tables, without an alias")
    return _as_it_is(tokens, sql)


def _update(tokens: list[Token], sql: str) -> Decision:
    outside = [token.value for token in outermost(tokens)]
    if any(a in ("left", "right", "full") and b in ("join", "outer") for a, b in pairwise(outside)):
        raise RefusedError("UPDATE", "Target table must be part of an equijoin predicate")
    if ("set", "(") in pairwise(token.value for token in tokens):
        raise RefusedError("UPDATE", "Redshift sets one column at a time", "42601")
    return _as_it_is(tokens, sql)


def _merge(tokens: list[Token], sql: str) -> Decision:
    said = " ".join(token.value for token in tokens)
    if "when matched then" not in said or "when not matched then insert" not in said:
        raise RefusedError("MERGE", "Redshift wants WHEN MATCHED THEN and WHEN NOT MATCHED THEN")
    if said.count(" when ") != 2 or "do nothing" in said:
        raise RefusedError("MERGE", "Redshift has one WHEN MATCHED and one WHEN NOT MATCHED")
    return _as_it_is(tokens, sql)


def _create(tokens: list[Token], sql: str) -> Decision:
    cursor = Cursor(tokens[1:], "CREATE")
    cursor.accept("or", "replace")
    if cursor.peek() == "local":
        cursor.next()
    cursor.accept("temp") or cursor.accept("temporary")
    if cursor.accept("table"):
        text = create_table(tokens, sql)
        return Forward(text, b"CREATE TABLE" if text.startswith("DO ") else b"")
    if cursor.accept("view") or cursor.accept("schema"):
        return _as_it_is(tokens, sql)
    what = " ".join(token.value.upper() for token in tokens[:3])
    raise RefusedError(what, "of CREATE only TABLE, VIEW and SCHEMA are carried out")


def _drop(tokens: list[Token], sql: str) -> Decision:
    kind = tokens[1].value if len(tokens) > 1 else ""
    if kind not in ("table", "view", "schema"):
        raise RefusedError(f"DROP {kind.upper()}", "only TABLE, VIEW and SCHEMA can be dropped")
    return _as_it_is(tokens, sql)


def _truncate(tokens: list[Token], _sql: str) -> Decision:
    cursor = Cursor(tokens, "TRUNCATE")
    cursor.expect("truncate")
    cursor.accept("table")
    table = cursor.table()
    if not cursor.done:
        raise cursor.unexpected()
    return Truncate(f"TRUNCATE TABLE {table}")


def _upkeep(tokens: list[Token], _sql: str) -> Decision:
    """ANALYZE and VACUUM: what they are told beside the table concerns Redshift's storage."""
    statement = tokens[0].value.upper()
    cursor = Cursor(tokens[1:], statement)
    while any(cursor.accept(*words.split()) for words in _UPKEEP):
        continue
    if cursor.peek() == "compression":
        raise cursor.refuse("COMPRESSION is not carried out")
    table = "" if cursor.done or cursor.peek() == "to" else f" {cursor.table()}"
    return Forward(f"{statement}{table}")


_UPKEEP: Final = ("full", "sort only", "delete only", "reindex", "recluster", "verbose")


def _explain(tokens: list[Token], sql: str) -> Decision:
    verbose = 1 if len(tokens) > 1 and tokens[1].value == "verbose" else 0
    inner = _one(tokens[1 + verbose :], sql) if len(tokens) > 1 + verbose else None
    if not isinstance(inner, Forward) or tokens[1].value in ("(", "analyze"):
        raise RefusedError("EXPLAIN", "only EXPLAIN [VERBOSE] of a query is carried out")
    return Forward(f"EXPLAIN {'VERBOSE ' if verbose else ''}{inner.sql}")


_RULES: Final[dict[str, _Rule]] = {
    **dict.fromkeys(("select", "with", "insert"), _as_it_is),
    **dict.fromkeys(
        ("commit", "end", "rollback", "abort"), _exactly("_", "_ work", "_ transaction")
    ),
    **dict.fromkeys(("grant", "revoke", "comment", "show", "reset"), _as_it_is),
    **dict.fromkeys(("declare", "fetch", "close"), _as_it_is),
    "(": _as_it_is,
    "delete": _delete,
    "update": _update,
    "merge": _merge,
    "copy": lambda found, _sql: parse_copy(found),
    "create": _create,
    "drop": _drop,
    "alter": lambda tokens, sql: Forward(alter_table(tokens, sql)),
    "truncate": _truncate,
    "analyze": _upkeep,
    "vacuum": _upkeep,
    "explain": _explain,
    "begin": lambda found, _sql: Forward(begin(found)),
    "start": lambda found, _sql: Forward(begin(found)),
    "lock": lambda found, _sql: Forward(lock(found)),
    "set": lambda tokens, sql: Forward(set_parameter(tokens, sql)),
}
