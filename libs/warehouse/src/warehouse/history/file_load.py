"""What loading sales and loading products have in common: COPY, then one transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from service_runtime.failpoints import hit_failpoint
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.history import cargas
from warehouse.history.staged import STAGED_REJECTED, StagedFiles, copy_staged, drop_staged
from warehouse.history.versions import Carga, Plan, Tipo, ids_of, plan
from warehouse.literals import number_list
from warehouse.tables import VENDAS_REJEITADAS
from warehouse.transaction import Transaction

_REJECTED: Final = f"""
INSERT INTO {VENDAS_REJEITADAS.name} ({VENDAS_REJEITADAS.column_list})
SELECT {VENDAS_REJEITADAS.column_list} FROM {STAGED_REJECTED.name} WHERE id_carga IN {{loaded}}
"""


class Merge(Protocol):
    """Brings the valid rows of a plan in and takes those of replaced versions out; returns the
    days whose figures change by it. `cargas` has the rows of the plan already."""

    def __call__(
        self, transaction: Transaction, decided: Plan, *, timezone: str
    ) -> Collection[date]: ...


class Refresh(Protocol):
    """Sees to the figures of days whose rows changed: computes them anew or marks the days."""

    def __call__(self, transaction: Transaction, days: Collection[date]) -> None: ...


@dataclass(frozen=True, slots=True)
class Load:
    """How the files of one kind are loaded. `points` begins the names of its failpoints."""

    tipo: Tipo
    merge: Merge
    refresh: Refresh
    points: str

    def run(
        self,
        warehouse: Warehouse,
        batch: StagedFiles,
        *,
        iam_role: str,
        timezone: str,
        now: datetime,
    ) -> list[Carga]:
        """The rows that `cargas` then has for the versions of the batch."""
        with warehouse.transaction() as transaction:
            counts = copy_staged(transaction, batch, iam_role=iam_role)
            hit_failpoint(f"{self.points}_after_copy")
        with warehouse.transaction() as transaction:
            ledger.lock(transaction)
            decided = plan(batch.versions, cargas.of_paths(transaction, batch.versions))
            cargas.record(transaction, decided, counts, tipo=self.tipo, now=now)
            hit_failpoint(f"{self.points}_after_record")
            days = self.merge(transaction, decided, timezone=timezone)
            _replace_rejected(transaction, decided)
            hit_failpoint(f"{self.points}_after_merge")
            self.refresh(transaction, days)
            drop_staged(transaction, batch)
            rows = cargas.of_versions(transaction, batch.versions)
            hit_failpoint(f"{self.points}_before_commit")
        hit_failpoint(f"{self.points}_after_commit")
        return rows


def _replace_rejected(transaction: Transaction, decided: Plan) -> None:
    if decided.replaced:
        gone = number_list(decided.replaced)
        transaction.execute(f"DELETE FROM {VENDAS_REJEITADAS.name} WHERE id_carga IN {gone}")
    if decided.load:
        transaction.execute(_REJECTED.format(loaded=ids_of(decided.load)))
