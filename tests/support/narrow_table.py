"""A table as a wrong migration would leave it."""

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.connection import Warehouse
from warehouse.tables import Table


@contextmanager
def narrowed(warehouse: Warehouse, table: Table, column: str, *, size: int) -> Iterator[None]:
    """The table takes texts of so many bytes in one column; what it holds stays, then and after."""
    name, listed = table.name, table.column_list
    columns = ", ".join(
        f'"{c.name}" {f"VARCHAR({size})" if c.name == column else c.type}'
        f"{'' if c.nullable else ' NOT NULL'}"
        for c in table.columns
    )
    wide = f"{name}_larga"
    with warehouse.transaction() as transaction:
        transaction.execute(f"ALTER TABLE {name} RENAME TO {wide}")
        transaction.execute(f"CREATE TABLE {name} ({columns})")
        transaction.execute(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {wide}")
    try:
        yield
    finally:
        with warehouse.transaction() as transaction:
            transaction.execute(f"DELETE FROM {wide}")
            transaction.execute(f"INSERT INTO {wide} ({listed}) SELECT {listed} FROM {name}")
            transaction.execute(f"DROP TABLE {name}")
            transaction.execute(f"ALTER TABLE {wide} RENAME TO {name}")
