"""Staged rows of files: what lies on S3, and the temporary tables that COPY fills from there.

Temporary tables live as long as the connection, which stays open from one transaction to the next.
So COPY needs no lock, and the transaction that holds the lock is short.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from service_runtime.errors import PermanentError
from warehouse.connection import Transaction
from warehouse.copy_statement import copy_parquet
from warehouse.history.versions import FileVersion
from warehouse.tables import PRODUTOS, VENDAS, VENDAS_REJEITADAS, Column, Table

_PLACE: Final = (Column("id_carga", "BIGINT"), Column("linha", "BIGINT"))


def _columns(table: Table, *names: str) -> tuple[Column, ...]:
    by_name = {column.name: column for column in table.columns}
    return tuple(by_name[name] for name in names)


STAGED_SALES: Final = Table(
    "carga_vendas",
    (
        *_PLACE,
        *_columns(
            VENDAS,
            "id_pedido",
            "id_produto",
            "quantidade",
            "preco",
            "data",
            "id_usuario",
            "regiao",
        ),
    ),
)
"""The columns of staged sales, in the order of the Parquet files. `linha` counts a file's rows of
data from 1, `data` is in UTC."""

STAGED_PRODUCTS: Final = Table(
    "carga_produtos",
    (*_PLACE, *_columns(PRODUTOS, "id_produto", "nome", "categoria", "preco_lista")),
)

STAGED_REJECTED: Final = Table("carga_rejeitadas", VENDAS_REJEITADAS.columns)


@dataclass(frozen=True, slots=True)
class StagedFiles:
    """One or more versions of files on S3: manifests of their valid and of their rejected rows,
    None where there are none."""

    versions: Sequence[FileVersion]
    manifest: str | None
    rejected_manifest: str | None


class StagedSales(StagedFiles):
    """Rows as STAGED_SALES and STAGED_REJECTED have them."""


class StagedProducts(StagedFiles):
    """Rows as STAGED_PRODUCTS and STAGED_REJECTED have them."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The staged rows of each version, by `id_carga`."""

    valid: Counter[int] = field(default_factory=Counter)
    rejected: Counter[int] = field(default_factory=Counter)


def copy_staged(
    transaction: Transaction, files: StagedFiles, table: Table, *, iam_role: str
) -> Counts:
    """Fill the temporary tables, in place of what an earlier call left there.

    Raises PermanentError where the rows are not those that the versions are said to have.
    """
    for temporary, manifest in (
        (table, files.manifest),
        (STAGED_REJECTED, files.rejected_manifest),
    ):
        transaction.execute(f"DROP TABLE IF EXISTS {temporary.name}")
        transaction.execute(f"CREATE TEMP TABLE {temporary.name} ({_definitions(temporary)})")
        if manifest:
            copy_parquet(transaction, temporary.name, manifest, iam_role=iam_role)
    counts = Counts(_counted(transaction, table), _counted(transaction, STAGED_REJECTED))
    _check(files.versions, counts)
    return counts


def drop_staged(transaction: Transaction, table: Table) -> None:
    """Remove the temporary tables of `copy_staged`."""
    transaction.execute(f"DROP TABLE {table.name}")
    transaction.execute(f"DROP TABLE {STAGED_REJECTED.name}")


def _definitions(table: Table) -> str:
    return ", ".join(f'"{column.name}" {column.type}' for column in table.columns)


def _counted(transaction: Transaction, table: Table) -> Counter[int]:
    rows = transaction.rows(f"SELECT id_carga, COUNT(*) FROM {table.name} GROUP BY id_carga")
    return Counter({int(id_carga): int(count) for id_carga, count in rows})


def _check(versions: Sequence[FileVersion], counts: Counts) -> None:
    said = Counter({version.id_carga: version.n_lidas for version in versions})
    if len(said) != len(versions):
        raise PermanentError("a version of a file is in the batch twice")
    if +said != counts.valid + counts.rejected:
        raise PermanentError("the staged rows are not those of the versions in the batch")
