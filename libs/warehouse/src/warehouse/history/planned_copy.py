"""The one COPY that brings the lines of a plan into `vendas`, and no others.

Rows of a version that another run loaded meanwhile must not come in. So the versions are chosen
before the lock is held, and a manifest lists the files of these alone; under the lock they are
chosen anew.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import uuid4

from service_runtime.errors import PermanentError, TransientError
from warehouse.connection import Warehouse
from warehouse.copy_statement import copy_parquet
from warehouse.history import cargas
from warehouse.history.staged import StagedSales
from warehouse.history.versions import FileVersion, Plan, ids_of, plan
from warehouse.staging import StagingArea
from warehouse.tables import VENDAS
from warehouse.transaction import Transaction

_COPIED: Final = """
SELECT id_carga, {day}, COUNT(*) FROM vendas WHERE id_carga IN {loaded} GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """The lines of these versions on S3; no manifest where they have none."""

    versions: Sequence[FileVersion]
    manifest: str | None
    iam_role: str

    def run(self, transaction: Transaction, decided: Plan, *, day: str) -> Counter[date]:
        """Bring the lines in; how many there are of each day. `cargas` must have the rows of the
        plan already, and `vendas` no line of the versions that it loads.

        Raises TransientError where the plan loads other versions than were chosen before, and
        PermanentError where the lines are not as many as `cargas` says.
        """
        if decided.load != self.versions:
            raise TransientError("another run loaded versions of the same files meanwhile")
        if self.manifest:
            copy_parquet(transaction, VENDAS.name, self.manifest, iam_role=self.iam_role)
        lines: Counter[int] = Counter()
        days: Counter[date] = Counter()
        loaded = ids_of(decided.load)
        for id_carga, on, count in transaction.rows(_COPIED.format(day=day, loaded=loaded)):
            lines[int(id_carga)] += int(count)
            days[on] += int(count)
        rows = cargas.of_versions(transaction, decided.load)
        if any(lines[row.id_carga] != row.n_gravadas for row in rows):
            raise PermanentError("the staged lines are not those of the versions in the batch")
        return days


def plan_copy(
    warehouse: Warehouse, batch: StagedSales, *, area: StagingArea, iam_role: str
) -> PlannedCopy:
    """Choose the versions that count as far as `cargas` says now, and list their files."""
    with warehouse.transaction() as transaction:
        chosen = plan(batch.versions, cargas.of_paths(transaction, batch.versions)).load
    files = [file for version in chosen for file in batch.lines.get(version.id_carga, ())]
    if not files:
        return PlannedCopy(chosen, None, iam_role)
    manifest = area.write_manifest(files, f"{batch.folder}/{uuid4()}.manifest")
    return PlannedCopy(chosen, manifest.url, iam_role)
