"""Statements to redshift-local through Redshift's own driver."""

from typing import Any

import pytest
import redshift_connector
from redshift_connector import Connection


def rows(connection: Connection, sql: str, parameters: Any = None) -> list[list[Any]]:
    """Every row of a query."""
    cursor = connection.cursor()
    cursor.execute(sql, parameters)
    return [list(row) for row in cursor.fetchall()]


def run(connection: Connection, *statements: str) -> None:
    """Statements one after the other, within the connection's transaction."""
    for statement in statements:
        connection.cursor().execute(statement)


def refused(connection: Connection, sql: str, parameters: Any = None) -> dict[str, str]:
    """The error of a statement, whose transaction is then rolled back."""
    with pytest.raises(redshift_connector.Error) as caught:
        connection.cursor().execute(sql, parameters)
    connection.rollback()
    fields: dict[str, str] = caught.value.args[0]
    return fields


def copy(table: str, url: str, manifest: str = "MANIFEST") -> str:
    """The statement that loads Parquet files from S3."""
    return f"COPY {table} FROM '{url}' IAM_ROLE 'arn:aws:iam::1:role/r' FORMAT PARQUET {manifest}"
