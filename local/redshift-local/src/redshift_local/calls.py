"""Where a statement calls a function, and with which arguments."""

from dataclasses import dataclass
from typing import Final

from redshift_local.refusal import RefusedError
from redshift_local.sql import Token

KEYWORDS: Final = frozenset(
    [
        "all",
        "and",
        "as",
        "between",
        "by",
        "case",
        "cube",
        "distinct",
        "else",
        "escape",
        "except",
        "exists",
        "from",
        "group",
        "having",
        "ilike",
        "in",
        "insert",
        "intersect",
        "is",
        "join",
        "like",
        "limit",
        "minus",
        "not",
        "offset",
        "on",
        "or",
        "over",
        "rollup",
        "select",
        "set",
        "sets",
        "then",
        "to",
        "union",
        "using",
        "values",
        "when",
        "where",
        "with",
    ]
)
"""Words that stand before a parenthesis or a string without naming a function or a type."""

_NAMING: Final = ("as", "into", "recursive", "view", "with", ")")
"""What comes before a name that a list of columns follows."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call within a statement: its arguments, and the position behind its parenthesis."""

    name: str
    arguments: list[list[Token]]
    end: int


def is_call(tokens: list[Token], at: int) -> bool:
    """Whether the name at this position is a function's."""
    token = tokens[at]
    if not token.is_name or not _is_symbol(tokens, at + 1, "("):
        return False
    if token.kind == "word" and token.value in KEYWORDS:
        return False
    return not (_before_name(tokens, at) in _NAMING or _names_a_query(tokens, at))


def read_call(tokens: list[Token], at: int) -> Call:
    """The call whose name stands at this position and whose parenthesis follows."""
    end = closing(tokens, at + 1)
    return Call(tokens[at].value, _split(tokens[at + 2 : end]), end + 1)


def closing(tokens: list[Token], opening: int) -> int:
    """The position of the parenthesis that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(tokens)):
        depth += _step(tokens[position])
        if depth == 0:
            return position
    raise RefusedError("SQL", "a parenthesis is not closed", "42601")


def called_before(tokens: list[Token], at: int) -> str:
    """The name of the function whose call ends just before this position, or ""."""
    depth = 0
    for position in range(at - 1, 0, -1):
        depth -= _step(tokens[position])
        if depth == 0:
            return tokens[position - 1].value
    return ""


def _is_symbol(tokens: list[Token], at: int, text: str) -> bool:
    return at < len(tokens) and tokens[at].kind == "symbol" and tokens[at].text == text


def _before_name(tokens: list[Token], at: int) -> str:
    """What comes before a name with its schema."""
    while at >= 2 and _is_symbol(tokens, at - 1, "."):
        at -= 2
    return tokens[at - 1].value if at else ""


def _names_a_query(tokens: list[Token], at: int) -> bool:
    """Whether this is a common table expression with a list of columns."""
    end = closing(tokens, at + 1)
    return [token.value for token in tokens[end + 1 : end + 3]] == ["as", "("]


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]] if tokens else []
    depth = 0
    for token in tokens:
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
