"""Where bound parameters may stand: in a plain SELECT, INSERT, UPDATE or DELETE itself.

Redshift documents PREPARE for these four only, and its driver's maintainers name sub-queries,
LIMIT, arrays, DDL, COPY and UNLOAD as places without parameters. Where nothing is said, as of
common table expressions and UNION, they are refused as well.
"""

from typing import Final

from redshift_local.refusal import RefusedError
from redshift_local.sql import Token, outermost

_PLAIN: Final = ("select", "insert", "update", "delete")
_SETS: Final = ("union", "intersect", "except", "minus")
_ARRAYS: Final = ("any", "some", "all", "array")
_SYNTAX: Final = "42601"
_INTERNAL: Final = "XX000"


def check_parameters(tokens: list[Token]) -> None:
    """Raise RefusedError for a statement whose parameters Redshift does not take."""
    first = next((token for token in tokens if token.kind == "parameter"), None)
    if first is None:
        return
    statement = tokens[0].value.upper()
    if tokens[0].value not in _PLAIN:
        is_view = any(token.value == "materialized" for token in tokens[1:2])
        raise _refuse(statement, f"{first.text} in {statement}", _INTERNAL if is_view else _SYNTAX)
    if any(token.kind == "word" and token.value in _SETS for token in outermost(tokens)):
        raise _refuse(statement, f"{first.text} beside a UNION or the like")
    _check_places(tokens, statement)


def _check_places(tokens: list[Token], statement: str) -> None:
    around: list[str] = []
    limited = False
    for at, token in enumerate(tokens):
        if token.kind == "parameter":
            _check_place(token, around, limited, statement)
        elif token.kind == "symbol" and token.text == "(":
            around.append(_kind_of_parenthesis(tokens, at))
        elif token.kind == "symbol" and token.text == ")" and around:
            around.pop()
        elif token.kind == "word" and token.value in ("limit", "offset"):
            limited = limited or not around


def _kind_of_parenthesis(tokens: list[Token], at: int) -> str:
    if at + 1 < len(tokens) and tokens[at + 1].value in ("select", "with"):
        return "a sub-query"
    return "an array" if tokens[at - 1].value in _ARRAYS else ""


def _check_place(token: Token, around: list[str], limited: bool, statement: str) -> None:
    kind = next(filter(None, around), "")
    if kind:
        raise _refuse(statement, f"{token.text} in {kind}")
    if limited:
        raise _refuse(statement, f"{token.text} in LIMIT or OFFSET", _INTERNAL)


def _refuse(statement: str, what: str, state: str = _SYNTAX) -> RefusedError:
    why = f"{what}, but Redshift takes parameters only in a SELECT, INSERT, UPDATE, DELETE itself"
    return RefusedError(statement, why, state)
