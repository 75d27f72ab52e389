"""One table is one statement, two where days are compared with the weeks before."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from warehouse.quality.checks import Auditoria, Contas, TableChecks, Volume
from warehouse.quality.days import one_day
from warehouse.quality.declared import declared_checks
from warehouse.quality.table_pass import Pass
from warehouse.transaction import Row

DAYS = one_day(date(2026, 5, 1), ZoneInfo("America/Sao_Paulo"))


class Statements:
    """Stands in for a transaction of an empty warehouse, and counts."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def rows(self, statement: str, _parameters: Sequence[object] = ()) -> list[Row]:
        self.sent.append(statement)
        return []

    def row(self, statement: str, _parameters: Sequence[object] = ()) -> Row:
        self.sent.append(statement)
        return [None] * 99


@pytest.mark.parametrize("declared", declared_checks(), ids=lambda declared: declared.tabela)
def test_a_table_is_read_once(declared: TableChecks) -> None:
    sent = Statements()
    now = datetime(2026, 5, 2, 9, tzinfo=UTC)
    found = list(Pass(declared, DAYS, now).figures(sent))  # type: ignore[arg-type]
    own = [c for c in declared.verificacoes if not isinstance(c, Contas | Auditoria)]
    assert [figure.check for figure in found] == own
    with_weeks = any(isinstance(check, Volume) for check in own)
    assert len(sent.sent) == (2 if with_weeks else 1)
    assert all("%s" not in statement for statement in sent.sent)
