"""Calls of functions as PostgreSQL has them: what Redshift alone has is said in other words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from redshift_local.refusal import RefusedError
from redshift_local.sql import Token

Render = Callable[[list[Token]], str]


@dataclass(frozen=True, slots=True)
class Call:
    """A call within a statement: its arguments, and the position behind its parenthesis."""

    name: str
    arguments: list[list[Token]]
    end: int


def read_call(found: list[Token], at: int) -> Call:
    """The call whose name stands at this position and whose parenthesis follows."""
    end = closing(found, at + 1)
    return Call(found[at].value, _split(found[at + 2 : end]), end + 1)


def closing(found: list[Token], opening: int) -> int:
    """The position of the parenthesis that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(found)):
        depth += _step(found[position])
        if depth == 0:
            return position
    raise RefusedError("SQL", "a parenthesis is not closed", "42601")


def _split(found: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]] if found else []
    depth = 0
    for token in found:
        depth += _step(token)
        if depth == 0 and token.kind == "symbol" and token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _step(token: Token) -> int:
    if token.kind != "symbol":
        return 0
    return (token.text == "(") - (token.text == ")")


def reword(found: list[Token], at: int, render: Render) -> tuple[str, int] | None:
    """PostgreSQL's text for the call at this position and the position behind it; None for a
    call that both read alike."""
    rule = _RULES.get(found[at].value)
    return rule(found, read_call(found, at), render) if rule else None


def _getdate(_found: list[Token], call: Call, _render: Render) -> tuple[str, int]:
    _count(call, 0, 0)
    return "date_trunc('second', statement_timestamp()::timestamp)", call.end


def _listagg(found: list[Token], call: Call, render: Render) -> tuple[str, int]:
    """LISTAGG ignores NULL and empty strings."""
    _count(call, 1, 2)
    value, *delimiter = call.arguments
    if value and value[0].value == "distinct":
        raise _refuse(call, "DISTINCT is not carried out")
    if any(len(part) != 1 or part[0].kind != "string" for part in delimiter):
        raise _refuse(call, "Redshift wants a constant string as delimiter")
    order, end = _within_group(found, call.end, render)
    between = render(delimiter[0]) if delimiter else "''"
    return f"string_agg(NULLIF(({render(value)})::varchar, ''), {between}{order})", end


def _within_group(found: list[Token], at: int, render: Render) -> tuple[str, int]:
    if [token.value for token in found[at : at + 3]] != ["within", "group", "("]:
        return "", at
    end = closing(found, at + 2)
    return f" {render(found[at + 3 : end])}", end + 1


def _count(call: Call, least: int, most: int) -> None:
    if not least <= len(call.arguments) <= most:
        raise _refuse(call, f"it takes {least} to {most} arguments", "42883")


def _refuse(call: Call, why: str, state: str = "0A000") -> RefusedError:
    return RefusedError(call.name.upper(), why, state)


_RULES: Final = {
    "getdate": _getdate,
    "listagg": _listagg,
}
