"""Rewrites calls of functions that only Redshift has, or that mean something else in PostgreSQL."""

from collections.abc import Callable
from typing import Final

from redshift_local.calls import Call, closing, read_call
from redshift_local.refusal import RefusedError
from redshift_local.sql import Token

Render = Callable[[list[Token]], str]

_INTERVALS: Final = {
    "year": "years",
    "month": "months",
    "week": "weeks",
    "day": "days",
    "hour": "hours",
    "minute": "mins",
    "second": "secs",
}
_SECONDS: Final = {"hour": 3600, "minute": 60, "second": 1}
_PARTS: Final = ("year", "quarter", "month", "day", "hour", "minute", "dow", "doy")


def reword(tokens: list[Token], at: int, render: Render) -> tuple[str, int] | None:
    """PostgreSQL's text for the call at this position and the position after it; None if both
    databases read the call alike."""
    name = tokens[at].value
    if name == "listagg":
        return _listagg(tokens, read_call(tokens, at), render)
    if name not in _RULES:
        return None
    least, most, rule = _RULES[name]
    call = read_call(tokens, at)
    if not least <= len(call.arguments) <= most:
        raise _refuse(name, f"function {name} does not exist with these arguments", "42883")
    return rule(name, [render(argument) for argument in call.arguments]), call.end


def _listagg(tokens: list[Token], call: Call, render: Render) -> tuple[str, int]:
    """LISTAGG ignores NULL and empty strings."""
    if not call.arguments or len(call.arguments) > 2:
        raise _refuse("listagg", "it takes a value and a delimiter", "42883")
    value, *delimiter = call.arguments
    if value and value[0].value == "distinct":
        raise _refuse("listagg", "DISTINCT is not carried out")
    if any(len(part) != 1 or part[0].kind != "string" for part in delimiter):
        raise _refuse("listagg", "Redshift wants a constant string as delimiter")
    order, end = _within_group(tokens, call.end, render)
    between = render(delimiter[0]) if delimiter else "''"
    return f"string_agg(NULLIF(({render(value)})::varchar, ''), {between}{order})", end


def _within_group(tokens: list[Token], at: int, render: Render) -> tuple[str, int]:
    """The clause WITHIN GROUP if it stands here, else "", and the position after it."""
    if [token.value for token in tokens[at : at + 3]] != ["within", "group", "("]:
        return "", at
    end = closing(tokens, at + 2)
    return f" {render(tokens[at + 3 : end])}", end + 1


def _renamed(name: str) -> Callable[[str, list[str]], str]:
    return lambda _name, arguments: f"{name}({', '.join(arguments)})"


def _decode(_name: str, arguments: list[str]) -> str:
    """DECODE finds NULL equal to NULL."""
    value, *rest = arguments
    pairs = zip(rest[::2], rest[1::2], strict=False)
    whens = [f"WHEN ({value}) IS NOT DISTINCT FROM ({a}) THEN {b}" for a, b in pairs]
    otherwise = f" ELSE {rest[-1]}" if len(rest) % 2 else ""
    return f"CASE {' '.join(whens)}{otherwise} END"


def _dateadd(name: str, arguments: list[str]) -> str:
    part = _part(name, arguments[0], _INTERVALS)
    return f"(({arguments[2]}) + make_interval({_INTERVALS[part]} => ({arguments[1]})))"


def _datediff(name: str, arguments: list[str]) -> str:
    """How many borders of a part lie between two moments."""
    part, first, last = (
        _part(name, arguments[0], ("year", "month", "day", *_SECONDS)),
        *arguments[1:],
    )
    if part == "day":
        return f"(({last})::date - ({first})::date)::bigint"
    if part in _SECONDS:
        ends = [f"date_part('epoch', date_trunc('{part}', {end}))" for end in (last, first)]
        return f"(({ends[0]} - {ends[1]}) / {_SECONDS[part]})::bigint"
    years = f"date_part('year', {last}) - date_part('year', {first})"
    if part == "year":
        return f"({years})::bigint"
    return f"(({years}) * 12 + date_part('month', {last}) - date_part('month', {first}))::bigint"


def _date_part(name: str, arguments: list[str]) -> str:
    return f"date_part('{_part(name, arguments[0], _PARTS)}', {arguments[1]})"


def _sha2(name: str, arguments: list[str]) -> str:
    bits = {"0": "256"}.get(arguments[1], arguments[1])
    if bits not in ("224", "256", "384", "512"):
        raise _refuse(name, "Redshift wants 0, 224, 256, 384 or 512 bits")
    return f"encode(sha{bits}(convert_to({arguments[0]}, 'UTF8')), 'hex')"


def _part(name: str, text: str, known: "tuple[str, ...] | dict[str, str]") -> str:
    part = text.strip("'").lower()
    if part not in known:
        raise _refuse(name, f"the part {part} is not carried out")
    return part


def _refuse(name: str, why: str, state: str = "0A000") -> RefusedError:
    return RefusedError(name.upper(), why, state)


_RULES: Final[dict[str, tuple[int, int, Callable[[str, list[str]], str]]]] = {
    "charindex": (2, 2, lambda _name, given: f"strpos({given[1]}, {given[0]})"),
    "concat": (2, 2, lambda _name, given: f"(({given[0]}) || ({given[1]}))"),
    "date_part": (2, 2, _date_part),
    "dateadd": (3, 3, _dateadd),
    "datediff": (3, 3, _datediff),
    "decode": (3, 1000, _decode),
    "getdate": (
        0,
        0,
        lambda _name, _given: "date_trunc('second', statement_timestamp()::timestamp)",
    ),
    "lag": (1, 2, _renamed("lag")),
    "lead": (1, 2, _renamed("lead")),
    "len": (1, 1, _renamed("length")),
    "log": (1, 1, _renamed("log")),
    "nvl": (2, 1000, _renamed("coalesce")),
    "nvl2": (
        3,
        3,
        lambda _n, given: f"CASE WHEN ({given[0]}) IS NOT NULL THEN {given[1]} ELSE {given[2]} END",
    ),
    "replicate": (2, 2, _renamed("repeat")),
    "sha2": (2, 2, _sha2),
    "substr": (2, 3, _renamed("substr")),
    "textlen": (1, 1, _renamed("length")),
    "to_timestamp": (2, 2, _renamed("to_timestamp")),
}
REWORDED: Final = frozenset(["listagg", *_RULES])
"""The functions whose calls PostgreSQL sees in other words."""
