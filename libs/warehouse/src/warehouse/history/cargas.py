"""The table `cargas`: which versions of files were loaded, and what became of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from event_contracts.texts import cut_bytes
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.history.staged import Counts
from warehouse.history.versions import Carga, FileVersion, Plan, Situacao, Tipo
from warehouse.insertion import insert
from warehouse.literals import number_list
from warehouse.tables import CARGAS
from warehouse.transaction import Transaction

_AT_ONCE: Final = 500
"""Rows or parameters of one statement; the driver takes at most 32767 parameters."""
_LONGEST_ERROR: Final = 512
_Value = TypeVar("_Value")


def loaded_versions(transaction: Transaction) -> dict[tuple[str, str], datetime]:
    """The path and ETag of every version whose lines count, and when it was modified.

    A version that was set aside is not among them, since it may be readable by now. Nor is one
    that a newer version replaced: if it is on S3 again, it must be loaded again.
    """
    rows = transaction.rows(
        "SELECT arquivo, etag, modificado_em FROM cargas WHERE situacao = %s",
        (Situacao.CARREGADA.value,),
    )
    return {(str(path), str(etag)): moment.replace(tzinfo=UTC) for path, etag, moment in rows}


def set_aside(
    warehouse: Warehouse, version: FileVersion, *, tipo: Tipo, erro: str, now: datetime
) -> None:
    """Record that a version cannot be read, and why; one that was ever loaded stays as it is.

    An older version of the path keeps its lines.
    """
    with warehouse.transaction() as transaction:
        ledger.lock(transaction)
        if all(row.situacao is Situacao.IGNORADA for row in of_versions(transaction, [version])):
            row = _row(version, tipo, Situacao.IGNORADA, now, Counts())
            _put(transaction, [replace(row, erro=cut_bytes(erro, _LONGEST_ERROR))])


def record(
    transaction: Transaction, decided: Plan, counts: Counts, *, tipo: Tipo, now: datetime
) -> None:
    """Write what becomes of the versions of a plan. This comes before their rows: the order among
    files is read from here. Until then all valid rows of a version that counts are written, and
    all of a stale one are passed over."""
    if decided.replaced:
        transaction.execute(
            f"UPDATE cargas SET situacao = %s WHERE id_carga IN {number_list(decided.replaced)}",
            (Situacao.SUBSTITUIDA.value,),
        )
    rows = [
        *(_row(version, tipo, Situacao.CARREGADA, now, counts) for version in decided.load),
        *(_row(version, tipo, Situacao.SUBSTITUIDA, now, counts) for version in decided.stale),
    ]
    _put(transaction, rows)


def of_paths(transaction: Transaction, versions: Iterable[FileVersion]) -> list[Carga]:
    """The rows of all versions of the same paths."""
    return _where(transaction, "arquivo", sorted({version.arquivo for version in versions}))


def of_versions(transaction: Transaction, versions: Iterable[FileVersion]) -> list[Carga]:
    """The rows of these versions, in the order of their paths."""
    return _where(transaction, "id_carga", sorted({version.id_carga for version in versions}))


def _put(transaction: Transaction, rows: Sequence[Carga]) -> None:
    """Write rows in place of those of the same versions."""
    for part in _parts(rows):
        ids = number_list(row.id_carga for row in part)
        transaction.execute(f"DELETE FROM cargas WHERE id_carga IN {ids}")
        insert(transaction, CARGAS, map(_values, part))


def _row(
    version: FileVersion, tipo: Tipo, situacao: Situacao, now: datetime, counts: Counts
) -> Carga:
    n_valid = counts.valid[version.id_carga]
    counts_now = situacao is Situacao.CARREGADA
    return Carga(
        version.id_carga,
        tipo,
        version.arquivo,
        version.etag,
        version.tamanho,
        version.modificado_em,
        situacao,
        n_lidas=version.n_lidas,
        n_gravadas=n_valid if counts_now else 0,
        n_preteridas=0 if counts_now else n_valid,
        n_rejeitadas=counts.rejected[version.id_carga],
        n_substituidas=0,
        erro=None,
        carregada_em=now,
    )


def _where(transaction: Transaction, column: str, values: Sequence[object]) -> list[Carga]:
    found = []
    for part in _parts(values):
        found += transaction.rows(
            f"SELECT {CARGAS.column_list} FROM cargas "
            f"WHERE {column} IN ({', '.join(['%s'] * len(part))})",
            part,
        )
    return sorted(map(_carga, found), key=lambda row: (row.arquivo, row.etag))


def _carga(row: Sequence[Any]) -> Carga:
    found = Carga(*row)
    return replace(
        found,
        tipo=Tipo(found.tipo),
        situacao=Situacao(found.situacao),
        modificado_em=found.modificado_em.replace(tzinfo=UTC),
        carregada_em=found.carregada_em.replace(tzinfo=UTC),
    )


def _values(row: Carga) -> list[object]:
    """The driver knows no enumerations."""
    return [str(value) if isinstance(value, Tipo | Situacao) else value for value in astuple(row)]


def _parts(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
