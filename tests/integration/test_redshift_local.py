"""redshift-local through Redshift's own driver, a real PostgreSQL and an S3 API."""

import os
import signal
import socket
import struct
import subprocess
import threading
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import redshift_connector
from redshift_connector import Connection
from tests.support.redshift import (
    PASSWORD,
    LocalRedshift,
    free_port,
    postgres_server,
    redshift_local,
    wait_until,
)
from tests.support.redshift_sql import copy, refused, rows, run

from vitrine_local import postgres

MOMENT = datetime.fromisoformat("2025-05-14T19:16:00.123456")
OLD = datetime.fromisoformat("1969-01-01")


def test_parameters_of_every_kind(connection: Connection) -> None:
    run(
        connection,
        "CREATE TEMP TABLE p (a INT, b BIGINT, c VARCHAR(20), d DECIMAL(18, 2), e TIMESTAMP, "
        "f BOOLEAN, g DATE, h FLOAT, i VARBYTE)",
    )
    given = (7, 1 << 40, "é'\\\n", Decimal("-3.50"), MOMENT, True, date(2025, 5, 14), 0.1)
    for values in ((*given, b"\xff\x00'"), (None,) * 9):
        run_with = "INSERT INTO p VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        connection.cursor().execute(run_with, values)
    found = rows(connection, "SELECT * FROM p ORDER BY a")
    assert found == [[*given, "ff0027"], [None] * 9]


def test_prepared_statements_are_used_again(connection: Connection) -> None:
    run(connection, "CREATE TEMP TABLE q (a INT)")
    cursor = connection.cursor()
    for number in range(300, 310):
        cursor.execute("INSERT INTO q VALUES (%s)", (number,))
        assert cursor.rowcount == 1
    assert rows(connection, "SELECT SUM(a) FROM q WHERE a > %s", (305,)) == [[1230]]
    assert rows(connection, "SELECT SUM(a) FROM q WHERE a > %s", (307,)) == [[617]]


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("CREATE TEMP TABLE derived AS SELECT a FROM given WHERE a = %s", "42601"),
        ("SELECT a FROM given WHERE a IN (SELECT a FROM given WHERE a = %s)", "42601"),
        ("SELECT a FROM given LIMIT %s", "XX000"),
    ],
)
def test_parameters_in_wrong_places(connection: Connection, sql: str, state: str) -> None:
    run(connection, "CREATE TEMP TABLE given (a INT)", "INSERT INTO given VALUES (1)")
    connection.commit()
    assert refused(connection, sql, (1,))["C"] == state
    run(connection, sql.replace("%s", "1"))
    assert rows(connection, "SELECT a FROM given WHERE a = %s", (1,)) == [[1]]


def test_a_session_is_one_of_redshift(connection: Connection) -> None:
    assert rows(connection, "SHOW transaction_isolation") == [["repeatable read"]]
    assert rows(connection, "SHOW timezone") == [["UTC"]]
    assert (b"server_version", b"8.0.2") in connection.parameter_statuses
    ((clock,),) = rows(connection, "SELECT GETDATE()")
    assert clock.microsecond == 0
    assert clock.tzinfo is None


def test_keys_are_not_enforced_but_not_null_is(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE keyed (a INT PRIMARY KEY ENCODE az64, b INT UNIQUE, c INT REFERENCES keyed) "
        "DISTKEY (a) COMPOUND SORTKEY (b, c)",
        "INSERT INTO keyed VALUES (1, 1, 9), (1, 1, 9)",
    )
    assert rows(connection, "SELECT COUNT(*) FROM keyed") == [[2]]
    assert refused(connection, "INSERT INTO keyed VALUES (NULL, 1, 1)")["C"] == "23502"


def test_ddl_can_be_repeated(connection: Connection) -> None:
    for _ in range(2):
        run(connection, "CREATE TABLE IF NOT EXISTS again (a INT DISTKEY, b TIMESTAMP SORTKEY)")
        connection.commit()
    counted = "SELECT COUNT(*) FROM pg_indexes WHERE tablename = 'again'"
    assert rows(connection, counted) == [[2]]
    run(connection, "DROP TABLE again")
    connection.commit()


def test_refused_statements_abort_the_transaction(connection: Connection) -> None:
    run(connection, "CREATE TEMP TABLE aborted (a INT)")
    connection.commit()
    run(connection, "INSERT INTO aborted VALUES (1)")
    with pytest.raises(redshift_connector.ProgrammingError, match=r"INSERT.*ON CONFLICT"):
        run(connection, "INSERT INTO aborted VALUES (2) ON CONFLICT DO NOTHING")
    with pytest.raises(redshift_connector.ProgrammingError, match="25P02"):
        run(connection, "SELECT 1")
    connection.rollback()
    assert rows(connection, "SELECT COUNT(*) FROM aborted") == [[0]]


@pytest.mark.parametrize(
    "statement", ["CREATE INDEX i ON t (a)", "LISTEN x", "UNLOAD ('x') TO 'y'"]
)
def test_unknown_statements_are_named(connection: Connection, statement: str) -> None:
    error = refused(connection, statement)
    assert error["C"] == "0A000"
    assert statement.split()[0] in error["M"]
    assert rows(connection, "SELECT 1") == [[1]]


def test_truncate_commits(redshift: LocalRedshift, connection: Connection) -> None:
    run(connection, "CREATE TABLE emptied (a INT)", "INSERT INTO emptied VALUES (1)")
    run(connection, "CREATE TABLE beside (a INT)", "TRUNCATE emptied")
    connection.rollback()
    with closing(redshift.connect()) as other:
        assert rows(other, "SELECT COUNT(*) FROM emptied") == [[0]]
        assert rows(other, "SELECT COUNT(*) FROM beside") == [[0]]


def test_snapshot_isolation(redshift: LocalRedshift, connection: Connection) -> None:
    run(connection, "CREATE TABLE seen (a INT)")
    connection.commit()
    counted = "SELECT COUNT(*) FROM seen"
    assert rows(connection, counted) == [[0]]
    with closing(redshift.connect()) as other:
        run(other, "INSERT INTO seen VALUES (1)")
        other.commit()
        assert rows(connection, counted) == [[0]]
        connection.commit()
        assert rows(connection, counted) == [[1]]


def test_a_lock_taken_first_sees_what_was_committed_before_it(redshift: LocalRedshift) -> None:
    with closing(redshift.connect()) as first, closing(redshift.connect()) as second:
        run(first, "CREATE TABLE locked (a INT)")
        first.commit()
        run(first, "LOCK TABLE locked", "INSERT INTO locked VALUES (1)")
        found: list[list[Any]] = []

        def wait_for_the_lock() -> None:
            run(second, "LOCK TABLE locked")
            found.extend(rows(second, "SELECT COUNT(*) FROM locked"))

        waiting = threading.Thread(target=wait_for_the_lock)
        waiting.start()
        blocked = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"
        with closing(redshift.connect()) as watcher:
            watcher.autocommit = True
            wait_until(lambda: rows(watcher, blocked) == [[1]], "the second waits")
        first.commit()
        waiting.join(10)
        assert found == [[1]]


def test_autocommit(redshift: LocalRedshift) -> None:
    with closing(redshift.connect()) as opened:
        opened.autocommit = True
        run(opened, "CREATE TABLE at_once (a BIGINT)", "VACUUM at_once", "ANALYZE at_once")
        run(opened, copy("at_once", redshift.stage("at_once", pa.table({"a": [1]}))))
        opened.autocommit = False
    with closing(redshift.connect()) as other:
        assert rows(other, "SELECT a FROM at_once") == [[1]]


def test_a_client_that_goes_leaves_no_session(redshift: LocalRedshift) -> None:
    counted = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'gone'"
    with closing(redshift.connect()) as watcher:
        watcher.autocommit = True
        leaving = redshift.connect(application_name="gone")
        run(leaving, "SELECT 1")
        assert rows(watcher, counted) == [[1]]
        leaving._usock.shutdown(2)
        wait_until(lambda: rows(watcher, counted) == [[0]], "the session ends")


def test_wrong_password(redshift: LocalRedshift) -> None:
    with pytest.raises(redshift_connector.Error, match="28P01"):
        redshift.connect(password="wrong")


def test_postgres_goes_away_and_comes_back(tmp_path: Path, redshift: LocalRedshift) -> None:
    postgres.initdb(tmp_path / "data", PASSWORD)
    postgres_port = free_port()
    with redshift_local(postgres_port, redshift.s3_url) as (port, _):
        place = LocalRedshift(port, postgres_port, redshift.s3_url)
        with postgres_server(tmp_path / "data", postgres_port):
            opened = place.connect()
            run(opened, "SELECT 1")
        with pytest.raises(redshift_connector.InterfaceError):
            run(opened, "SELECT 2")
        with pytest.raises(redshift_connector.ProgrammingError, match="57P03"):
            place.connect()
        with postgres_server(tmp_path / "data", postgres_port), closing(place.connect()) as again:
            assert rows(again, "SELECT 3") == [[3]]


def test_postgres_names_the_program_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "USER", "pg_reserved")
    with pytest.raises(postgres.PostgresError, match=r"^initdb failed: initdb: error: "):
        postgres.initdb(tmp_path / "data", PASSWORD)


def test_sigterm_ends_it_and_its_sessions(redshift: LocalRedshift) -> None:
    with redshift_local(redshift.postgres_port, redshift.s3_url) as (port, running):
        place = LocalRedshift(port, redshift.postgres_port, redshift.s3_url)
        opened = place.connect()
        run(opened, "SELECT 1")
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        with pytest.raises(redshift_connector.InterfaceError):
            run(opened, "SELECT 2")


def psql(redshift: LocalRedshift, *statements: str) -> str:
    """What psql, which speaks the simple protocol, prints: rows, command tags and errors."""
    place = f"host=127.0.0.1 port={redshift.port} user={postgres.USER} dbname={postgres.DATABASE}"
    command = [str(postgres.program("psql")), place, "-X", "-A", "-t"]
    done = subprocess.run(
        [*command, *(part for statement in statements for part in ("-c", statement))],
        env={**os.environ, "PGPASSWORD": PASSWORD, "PGSSLMODE": "prefer"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_the_simple_protocol(redshift: LocalRedshift) -> None:
    url = redshift.stage("simple", pa.table({"a": [1, 2, 3]}))
    said = psql(
        redshift,
        "CREATE TABLE simple (a BIGINT) DISTKEY (a)",
        copy("simple", url),
        "BEGIN",
        copy("simple", url),
        "SELECT COUNT(*) FROM simple",
        "ROLLBACK",
        "SELECT COUNT(*) FROM simple; SELECT 'next'",
        copy("absent", url),
        "LISTEN x",
        "BEGIN",
        "TRUNCATE simple",
        "SELECT COUNT(*) FROM simple",
    )
    assert said.splitlines()[:8] == [
        "CREATE TABLE",
        "COPY",
        "BEGIN",
        "COPY",
        "6",
        "ROLLBACK",
        "3",
        "next",
    ]
    assert 'relation "absent" does not exist' in said
    assert "redshift-local refuses LISTEN" in said
    assert "BEGIN\nTRUNCATE TABLE\n0\n" in said


def test_a_request_to_cancel_is_passed_on(redshift: LocalRedshift) -> None:
    with closing(redshift.connect()) as holder, closing(redshift.connect()) as waiter:
        run(holder, "CREATE TABLE held (a INT)")
        holder.commit()
        run(holder, "LOCK TABLE held")
        errors: list[str] = []
        waiting = threading.Thread(
            target=lambda: errors.append(refused(waiter, "LOCK TABLE held")["C"])
        )
        waiting.start()
        blocked = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted"
        with closing(redshift.connect()) as watcher:
            watcher.autocommit = True
            wait_until(lambda: rows(watcher, blocked) == [[1]], "the second waits")
        key = waiter._backend_key_data
        assert key is not None
        with socket.create_connection(("127.0.0.1", redshift.port), 10) as canceller:
            canceller.sendall(struct.pack("!II", 8 + len(key), 80_877_102) + key)
            assert canceller.recv(1) == b""
        waiting.join(10)
        assert errors == ["57014"]
