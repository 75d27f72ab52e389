"""What migrations and loads do with tables, on redshift-local with a real PostgreSQL."""

from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from redshift_connector import Connection
from tests.support.redshift import LocalRedshift
from tests.support.redshift_sql import refused, rows, run

MOMENT = datetime.fromisoformat("2025-05-14T19:16:00")


def indexes(connection: Connection, table: str) -> set[str]:
    """What each index of a table is on."""
    found = rows(connection, f"SELECT indexdef FROM pg_indexes WHERE tablename = '{table}'")
    return {definition.split(" USING ")[1] for (definition,) in found}


def test_columns_are_added_to_a_table_with_rows(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE widened (a INT) DISTKEY (a)",
        "INSERT INTO widened VALUES (1)",
        "ALTER TABLE widened ADD COLUMN origem VARCHAR(8) NOT NULL DEFAULT 'fluxo' ENCODE zstd",
        "ALTER TABLE widened ADD COLUMN quando TIMESTAMP ENCODE az64",
        "ALTER TABLE widened ADD COLUMN marcado BOOLEAN DEFAULT false NOT NULL",
        "INSERT INTO widened (a, origem) VALUES (2, 'arquivo')",
    )
    found = rows(connection, "SELECT * FROM widened ORDER BY a")
    assert found == [[1, "fluxo", None, False], [2, "arquivo", None, False]]
    connection.commit()
    assert refused(connection, "INSERT INTO widened VALUES (3, NULL, NULL, true)")["C"] == "23502"
    error = refused(connection, "INSERT INTO widened VALUES (3, 'longer than eight')")
    assert (error["C"], error["M"]) == ("22001", "value too long for type character varying(8)")
    assert refused(connection, "ALTER TABLE widened ADD COLUMN b INT NOT NULL")["C"] == "0A000"
    assert refused(connection, "ALTER TABLE widened ALTER COLUMN origem DROP NOT NULL")


def test_a_deep_copy_in_one_transaction(redshift: LocalRedshift, connection: Connection) -> None:
    old = "CREATE TABLE copied (a INT NOT NULL, b TIMESTAMP) DISTKEY (a) SORTKEY (b)"
    run(connection, old, "INSERT INTO copied VALUES (1, NULL), (2, NULL)")
    connection.commit()
    run(
        connection,
        "ALTER TABLE copied RENAME TO copied_old",
        "CREATE TABLE copied (a BIGINT NOT NULL, b TIMESTAMP, c VARCHAR(3) NOT NULL, "
        "PRIMARY KEY (a)) DISTKEY (a) SORTKEY (b)",
        "CREATE TABLE copied_too (a INT PRIMARY KEY, b INT) DISTKEY (a) SORTKEY (a, b)",
        "INSERT INTO copied SELECT a, b, 'x' FROM copied_old",
    )
    with closing(redshift.connect()) as other:
        other.autocommit = True
        assert rows(other, "SELECT COUNT(*) FROM pg_tables WHERE tablename = 'copied_old'") == [[0]]
    assert indexes(connection, "copied_old") == indexes(connection, "copied")
    assert len(indexes(connection, "copied")) == 2
    run(connection, "DROP TABLE copied_old")
    connection.commit()
    with closing(redshift.connect()) as other:
        found = rows(other, "SELECT * FROM copied ORDER BY a")
        assert found == [[1, None, "x"], [2, None, "x"]]


def test_a_deep_copy_that_fails_leaves_the_old_table(connection: Connection) -> None:
    run(connection, "CREATE TABLE kept (a INT) DISTKEY (a)", "INSERT INTO kept VALUES (1)")
    connection.commit()
    run(
        connection,
        "ALTER TABLE kept RENAME TO kept_old",
        "CREATE TABLE kept (a INT, b INT NOT NULL) DISTKEY (a)",
    )
    assert refused(connection, "INSERT INTO kept SELECT a, NULL FROM kept_old")["C"] == "23502"
    assert rows(connection, "SELECT * FROM kept") == [[1]]
    assert indexes(connection, "kept") == {"btree (a)"}


@pytest.fixture
def stock(connection: Connection) -> Connection:
    run(
        connection,
        "CREATE TABLE stock (id VARCHAR(8) NOT NULL, level INT, at TIMESTAMP, PRIMARY KEY (id))",
        "INSERT INTO stock VALUES ('a', 1, '2025-05-14 19:16:00'), ('b', 2, NULL), ('c', 3, NULL)",
        "CREATE TEMP TABLE lote (LIKE stock)",
        "INSERT INTO lote VALUES ('a', 9, '2025-05-14 19:17:00'), ('a', 7, '2025-05-14 19:15:00')",
    )
    return connection


def test_update_from_a_derived_table(stock: Connection) -> None:
    run(
        stock,
        "UPDATE stock SET level = s.level, at = s.at FROM (SELECT id, level, at, ROW_NUMBER() OVER "
        "(PARTITION BY id ORDER BY at DESC) AS vez FROM lote) AS s "
        "WHERE stock.id = s.id AND s.vez = 1 AND stock.at < s.at",
    )
    assert rows(stock, "SELECT id, level FROM stock ORDER BY id") == [["a", 9], ["b", 2], ["c", 3]]


def test_delete_using_a_table(stock: Connection) -> None:
    run(stock, "DELETE FROM stock USING lote WHERE stock.id = lote.id")
    assert rows(stock, "SELECT id FROM stock ORDER BY id") == [["b"], ["c"]]


def test_temporary_tables(stock: Connection) -> None:
    run(stock, "CREATE TEMP TABLE novos AS SELECT id, MAX(level) AS level FROM lote GROUP BY id")
    assert rows(stock, "SELECT * FROM novos") == [["a", 9]]
    run(stock, "DROP TABLE novos", "DROP TABLE lote")
    stock.commit()
    run(stock, "CREATE TEMP TABLE lote (LIKE stock)")
    assert refused(stock, "INSERT INTO lote VALUES (NULL, 1, NULL)")["C"] == "23502"
    run(stock, "DROP TABLE stock")
    stock.commit()


WINDOWS: list[tuple[str, list[Any]]] = [
    ("ROW_NUMBER() OVER (PARTITION BY k ORDER BY n DESC)", [3, 2, 1, 1]),
    ("LAG(n) OVER (PARTITION BY k ORDER BY n)", [None, 1, 2, None]),
    ("SUM(n) OVER (PARTITION BY k ORDER BY n ROWS UNBOUNDED PRECEDING)", [1, 3, 6, 5]),
    ("SUM(n) OVER (PARTITION BY k)", [6, 6, 6, 5]),
]


@pytest.mark.parametrize(("window", "expected"), WINDOWS)
def test_window_functions(connection: Connection, window: str, expected: list[Any]) -> None:
    run(
        connection,
        "CREATE TEMP TABLE w (k VARCHAR(1), n INT)",
        "INSERT INTO w VALUES ('a', 1), ('a', 2), ('a', 3), ('b', 5)",
    )
    found = rows(connection, f"SELECT {window} AS valor FROM w ORDER BY k, n")
    assert [value for (value,) in found] == expected


def test_listagg(connection: Connection) -> None:
    run(
        connection,
        "CREATE TEMP TABLE l (k VARCHAR(1), n INT, s VARCHAR(3))",
        "INSERT INTO l VALUES ('a', 10, 'x'), ('a', 9, ''), ('b', 1, NULL)",
    )
    numbers = "LISTAGG(n, ', ') WITHIN GROUP (ORDER BY n)"
    found = rows(connection, f"SELECT k, {numbers}, LISTAGG(s, ',') FROM l GROUP BY k ORDER BY k")
    assert found == [["a", "9, 10", "x"], ["b", "1", None]]


def test_booleans(connection: Connection) -> None:
    run(connection, "CREATE TEMP TABLE flags (a BOOLEAN NOT NULL, b BOOLEAN DEFAULT true)")
    connection.cursor().execute("INSERT INTO flags (a) VALUES (%s)", (False,))
    run(connection, "INSERT INTO flags VALUES (true, NULL)")
    assert rows(connection, "SELECT * FROM flags WHERE NOT a OR b IS NULL ORDER BY a") == [
        [False, True],
        [True, None],
    ]
