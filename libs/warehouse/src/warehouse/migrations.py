"""The schema by numbered migrations, each applied once and recorded in the warehouse.

A migration is one file of `migrations/`, `NNNN_name.sql`. All of its statements and its record
are one transaction, so a migration that fails leaves nothing behind. It must hold no string
with a semicolon. One that copies a table begins with LOCK, to keep the stream from writing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from service_runtime.errors import PermanentError, TransientError
from warehouse.connection import Warehouse
from warehouse.settings import DEFAULT_SCHEMA
from warehouse.transaction import Transaction

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS migracoes (
    numero INTEGER NOT NULL ENCODE az64,
    nome VARCHAR(128) NOT NULL ENCODE zstd,
    aplicada_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (numero)
)
DISTSTYLE ALL
"""
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    locks: tuple[str, ...]
    """Come first, since what is read after them is the newest committed state."""
    changes: tuple[str, ...]


def known_migrations() -> list[Migration]:
    """Every migration of this version, in order of number."""
    folder = files("warehouse") / "migrations"
    scripts = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((_parse(s.name, s.read_text("utf-8")) for s in scripts), key=lambda m: m.number)


def _parse(filename: str, script: str) -> Migration:
    number, _, name = filename.removesuffix(".sql").partition("_")
    parts = [part.strip() for part in _COMMENT.sub("", script).split(";")]
    return Migration(
        int(number),
        name,
        locks=tuple(part for part in parts if part.startswith("LOCK ")),
        changes=tuple(part for part in parts if part and not part.startswith("LOCK ")),
    )


def migrate(warehouse: Warehouse, *, now: datetime) -> list[Migration]:
    """Apply what is missing and return it; safe to run at every start, also twice at once.

    A warehouse that has the tables of the first migration without a record of it keeps them.
    """
    with warehouse.transaction() as transaction:
        if warehouse.schema != DEFAULT_SCHEMA:
            transaction.execute(f"CREATE SCHEMA IF NOT EXISTS {warehouse.schema}")
        transaction.execute(_RECORD_TABLE)
    return [m for m in known_migrations() if _apply(warehouse, m, now)]


def _apply(warehouse: Warehouse, migration: Migration, now: datetime) -> bool:
    with warehouse.transaction() as transaction:
        if _is_applied(transaction, migration):
            return False
    with warehouse.transaction() as transaction:
        transaction.execute("LOCK TABLE migracoes")
        for statement in migration.locks:
            transaction.execute(statement)
        if _is_applied(transaction, migration):
            return False
        for statement in migration.changes:
            transaction.execute(statement)
        transaction.execute(
            "INSERT INTO migracoes (numero, nome, aplicada_em) VALUES (%s, %s, %s)",
            (migration.number, migration.name, now.replace(tzinfo=None)),
        )
    return True


def require_current(warehouse: Warehouse) -> None:
    """Raise TransientError until every migration of this version is applied: the set-up job is
    on its way. A warehouse that is ahead is fine."""
    try:
        with warehouse.transaction() as transaction:
            missing = [m for m in known_migrations() if not _is_applied(transaction, m)]
    except PermanentError as error:
        raise TransientError(f"the set-up job has not run yet: {error}") from error
    if missing:
        raise TransientError(f"migration {missing[0].number} is not applied yet")


def _is_applied(transaction: Transaction, migration: Migration) -> bool:
    found = transaction.row("SELECT COUNT(*) FROM migracoes WHERE numero = %s", (migration.number,))
    return bool(found[0])
