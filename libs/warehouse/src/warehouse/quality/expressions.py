"""The SQL aggregates of a check within the one SELECT of its table."""

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Final

from event_contracts.rejection import Motivo
from warehouse.quality.checks import (
    Check,
    Completa,
    Condicao,
    Dominio,
    Faixa,
    OfRows,
    Recente,
    Referencia,
    TaxaPorMotivo,
    Unica,
    Volume,
)

Types = Mapping[str, str]
"""Column -> its Redshift type."""
REASONS: Final = tuple(str(reason) for reason in Motivo)
_BETWEEN: Final = "CHR(31)"


@singledispatch
def aggregates(_check: Check, _types: Types) -> Sequence[str]:
    """What the SELECT computes for a check; nothing for one that has its own statement."""
    return ()


@aggregates.register
def _(check: OfRows, types: Types) -> Sequence[str]:
    """The rows that are wrong, and those considered."""
    wrong = f"COUNT(CASE WHEN {_both(check.quando, _wrong(check, types))} THEN 1 END)"
    return (wrong, _count(check.quando))


@aggregates.register
def _(check: Unica, types: Types) -> Sequence[str]:
    key = _key(check.colunas, types)
    if check.quando:
        key = f"CASE WHEN {check.quando} THEN {key} END"
    return (f"COUNT({key}) - COUNT(DISTINCT {key})", _count(check.quando))


@aggregates.register
def _(check: Referencia, _types: Types) -> Sequence[str]:
    """The two counts, and how many keys the other table has, NULL without a row."""
    wrong = f'"{check.coluna}" IS NOT NULL AND ref_{check.nome}.referida IS NULL'
    counted = f"COUNT(CASE WHEN {_both(check.quando, wrong)} THEN 1 END)"
    return (counted, _count(check.quando), f"MAX(total_{check.nome}.referidas)")


@aggregates.register
def _(check: Recente, _types: Types) -> Sequence[str]:
    column = f'"{check.coluna}"'
    return (
        f"MAX(CASE WHEN {check.quando} THEN {column} END)" if check.quando else f"MAX({column})",
    )


@aggregates.register
def _(check: Volume, _types: Types) -> Sequence[str]:
    return (_count(check.quando),)


@aggregates.register
def _(check: TaxaPorMotivo, _types: Types) -> Sequence[str]:
    """One count for each of REASONS."""
    return [f"COUNT(CASE WHEN \"{check.coluna}\" = '{reason}' THEN 1 END)" for reason in REASONS]


def joins(check: Check) -> str:
    """What the SELECT must join for a check. The keys are distinct, so no row is doubled."""
    if not isinstance(check, Referencia):
        return ""
    name, key, other = check.nome, check.coluna_referida, check.tabela
    return (
        f' LEFT JOIN (SELECT DISTINCT "{key}" AS referida FROM {other}) AS ref_{name}'
        f' ON ref_{name}.referida = {{table}}."{check.coluna}"'
        f" CROSS JOIN (SELECT COUNT(*) AS referidas FROM {other}) AS total_{name}"
    )


@singledispatch
def _wrong(check: OfRows, types: Types) -> str:
    raise NotImplementedError(type(check))


@_wrong.register
def _(check: Completa, types: Types) -> str:
    return " OR ".join(_is_empty(column, types[column]) for column in check.colunas)


@_wrong.register
def _(check: Faixa, _types: Types) -> str:
    bounds = [("<", check.de), (">", check.ate)]
    return " OR ".join(f'"{check.coluna}" {sign} {end}' for sign, end in bounds if end is not None)


@_wrong.register
def _(check: Dominio, _types: Types) -> str:
    known = ", ".join(f"'{value}'" for value in check.valores)
    return f'"{check.coluna}" NOT IN ({known})'


@_wrong.register
def _(check: Condicao, _types: Types) -> str:
    """A condition that is NULL does not hold."""
    return f"CASE WHEN {check.condicao} THEN 0 ELSE 1 END = 1"


def _is_empty(column: str, type_: str) -> str:
    empty = f'"{column}" IS NULL'
    return f"{empty} OR TRIM(\"{column}\") = ''" if type_.startswith("VARCHAR") else empty


def _key(columns: Sequence[str], types: Types) -> str:
    """One value for all columns: Redshift counts no distinct rows of several."""
    if len(columns) == 1:
        return f'"{columns[0]}"'
    return f" || {_BETWEEN} || ".join(_as_text(column, types[column]) for column in columns)


def _as_text(column: str, type_: str) -> str:
    return f'"{column}"' if type_.startswith("VARCHAR") else f'CAST("{column}" AS VARCHAR(64))'


def _count(condition: str | None) -> str:
    return f"COUNT(CASE WHEN {condition} THEN 1 END)" if condition else "COUNT(*)"


def _both(first: str | None, second: str) -> str:
    return f"({first}) AND ({second})" if first else second
