"""Staged rows of files: what lies on S3, and the temporary tables that COPY fills from there.

Temporary tables live as long as the connection, which stays open from one transaction to the next.
So their COPY needs no lock. Valid lines of sales have none: one COPY brings them into `vendas`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from event_contracts.evento import TipoEvento
from service_runtime.errors import PermanentError
from warehouse.copy_statement import copy_parquet
from warehouse.history.versions import FileVersion
from warehouse.staging import StagedFile
from warehouse.tables import PRODUTOS, VENDAS_REJEITADAS, Column, Table
from warehouse.transaction import Transaction

OF_EVERY_SALE: Final[Mapping[str, str | None]] = {
    "id_evento": None,
    "kafka_partition": None,
    "kafka_offset": None,
    "tipo_evento": TipoEvento.COMPRA.value,
    "origem": "arquivo",
}
"""What lines of files have in the columns of `vendas` that no file provides."""


def _columns(table: Table, *names: str) -> tuple[Column, ...]:
    by_name = {column.name: column for column in table.columns}
    return tuple(by_name[name] for name in names)


STAGED_PRODUCTS: Final = Table(
    "carga_produtos",
    (
        Column("id_carga", "BIGINT"),
        Column("linha", "BIGINT"),
        *_columns(PRODUTOS, "id_produto", "nome", "categoria", "preco_lista"),
    ),
)
"""The columns of staged products, in the order of the Parquet files; as in `vendas`, `linha` counts
a file's rows of data from 1."""

STAGED_REJECTED: Final = Table("carga_rejeitadas", VENDAS_REJEITADAS.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedFiles:
    """One or more versions of files on S3. A manifest is None where it would list no file."""

    versions: Sequence[FileVersion]
    rejected_manifest: str | None
    """Of rows as STAGED_REJECTED has them."""

    @property
    def temporary(self) -> Mapping[Table, str | None]:
        """The temporary tables, and the manifests of what COPY brings into them."""
        return {STAGED_REJECTED: self.rejected_manifest}


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSales(StagedFiles):
    """Valid lines as VENDAS has them, `data` in UTC."""

    lines: Mapping[int, Sequence[StagedFile]]
    """The files with the lines of each version, by `id_carga`."""
    folder: str
    """Within the staging area; manifests are written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedProducts(StagedFiles):
    """Valid rows as STAGED_PRODUCTS has them."""

    manifest: str | None

    @property
    def temporary(self) -> Mapping[Table, str | None]:
        """The table of the valid rows too."""
        return {STAGED_PRODUCTS: self.manifest, STAGED_REJECTED: self.rejected_manifest}


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows of each version, by `id_carga`."""

    valid: Counter[int] = field(default_factory=Counter)
    rejected: Counter[int] = field(default_factory=Counter)


def copy_staged(transaction: Transaction, files: StagedFiles, *, iam_role: str) -> Counts:
    """Fill the temporary tables, in place of what an earlier call left there.

    Raises PermanentError where the rows are not those that the versions are said to have.
    """
    found = {}
    for table, manifest in files.temporary.items():
        transaction.execute(f"DROP TABLE IF EXISTS {table.name}")
        transaction.execute(f"CREATE TEMP TABLE {table.name} ({_definitions(table)})")
        if manifest:
            copy_parquet(transaction, table.name, manifest, iam_role=iam_role)
        found[table] = _counted(transaction, table)
    rejected = found.pop(STAGED_REJECTED)
    counts = Counts(_not_rejected(files.versions, rejected), rejected)
    if any(valid != counts.valid for valid in found.values()):
        raise PermanentError("the staged rows are not those of the versions in the batch")
    return counts


def drop_staged(transaction: Transaction, files: StagedFiles) -> None:
    """Remove the temporary tables of `copy_staged`."""
    for table in files.temporary:
        transaction.execute(f"DROP TABLE {table.name}")


def _definitions(table: Table) -> str:
    return ", ".join(f'"{column.name}" {column.type}' for column in table.columns)


def _counted(transaction: Transaction, table: Table) -> Counter[int]:
    rows = transaction.rows(f"SELECT id_carga, COUNT(*) FROM {table.name} GROUP BY id_carga")
    return Counter({int(id_carga): int(count) for id_carga, count in rows})


def _not_rejected(versions: Sequence[FileVersion], rejected: Counter[int]) -> Counter[int]:
    """How many valid rows each version is said to have."""
    valid = Counter({version.id_carga: version.n_lidas for version in versions})
    if len(valid) != len(versions):
        raise PermanentError("a version of a file is in the batch twice")
    valid.subtract(rejected)
    if any(count < 0 for count in valid.values()):
        raise PermanentError("more rows are rejected than the versions in the batch have")
    return valid
