"""The checks that are declared, each file held against the tables that it names."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import yaml
from pydantic import ValidationError

from service_runtime.errors import PermanentError
from warehouse.quality.checks import Recente, Referencia, TableChecks, Volume
from warehouse.tables import TABLES

COLUMN_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    table.name: {column.name: column.type for column in table.columns} for table in TABLES
}
"""Table -> column -> its Redshift type."""


@cache
def declared_checks() -> tuple[TableChecks, ...]:
    """Every table's checks, by the name of the table. Raises PermanentError for a file that is
    not understood or names what no table has."""
    folder = files("warehouse") / "quality"
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    declared = tuple(parse_checks((folder / name).read_text("utf-8"), name) for name in found)
    if problems := [*_repeated(declared)]:
        raise PermanentError("; ".join(problems))
    return declared


def parse_checks(text: str, name: str) -> TableChecks:
    """The checks of one file, which bears the name of its table."""
    try:
        declared = TableChecks.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise PermanentError(f"{name}: {error}") from error
    problems = [*_problems(declared)]
    if name != f"{declared.tabela}.yaml":
        problems.append(f"it is about {declared.tabela}")
    if problems:
        raise PermanentError(f"{name}: {'; '.join(problems)}")
    return declared


def _problems(declared: TableChecks) -> Iterator[str]:
    own = COLUMN_TYPES.get(declared.tabela)
    if own is None:
        yield f"there is no table {declared.tabela}"
        return
    if declared.momento is not None and own.get(declared.momento) not in ("DATE", "TIMESTAMP"):
        yield f"momento: {declared.momento} is neither a date nor a moment of {declared.tabela}"
    for check in declared.verificacoes:
        yield from (
            f"{check.nome}: {declared.tabela} has no column {column}"
            for column in check.columns
            if column not in own
        )
        if isinstance(check, Volume) and declared.momento is None:
            yield f"{check.nome}: a volume is one of days, and {declared.tabela} has no momento"
        if isinstance(check, Recente) and own.get(check.coluna) != "TIMESTAMP":
            yield f"{check.nome}: {check.coluna} is no moment"
        if isinstance(check, Referencia):
            yield from _unknown_reference(check)


def _unknown_reference(check: Referencia) -> Iterator[str]:
    if check.coluna_referida not in COLUMN_TYPES.get(check.tabela, {}):
        yield f"{check.nome}: there is no {check.tabela}.{check.coluna_referida}"


def _repeated(declared: Iterable[TableChecks]) -> Iterator[str]:
    seen: set[str] = set()
    for check in (each for checks in declared for each in checks.verificacoes):
        if check.nome in seen:
            yield f"two checks are named {check.nome}"
        seen.add(check.nome)
