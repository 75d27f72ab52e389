"""COPY through Redshift's own driver, a real PostgreSQL and an S3 API, good and failing."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest
from redshift_connector import Connection
from tests.support.redshift import BUCKET, LocalRedshift, free_port, redshift_local
from tests.support.redshift_sql import copy, refused, rows, run

MOMENT = datetime.fromisoformat("2025-05-14T19:16:00.123456")
OLD = datetime.fromisoformat("1969-01-01")


def test_copy_is_rolled_back_with_its_transaction(
    redshift: LocalRedshift, connection: Connection
) -> None:
    run(connection, "CREATE TABLE rolled (a BIGINT, b VARCHAR(10))")
    connection.commit()
    url = redshift.stage("rolled", pa.table({"x": [1, 2], "y": ["a", None]}))
    cursor = connection.cursor()
    cursor.execute(copy("rolled", url))
    assert cursor.rowcount == -1
    assert rows(connection, "SELECT * FROM rolled ORDER BY a") == [[1, "a"], [2, None]]
    connection.rollback()
    assert rows(connection, "SELECT COUNT(*) FROM rolled") == [[0]]
    run(connection, copy("rolled", url))
    connection.commit()
    with closing(redshift.connect()) as other:
        assert rows(other, "SELECT COUNT(*) FROM rolled") == [[2]]


def test_copy_of_every_type(redshift: LocalRedshift, connection: Connection) -> None:
    run(
        connection,
        'CREATE TABLE kinds (a VARCHAR(64), b INT, c BIGINT, d DECIMAL(18, 2), "e" TIMESTAMP, '
        "f TIMESTAMP, g DATE, h BOOLEAN, i DOUBLE PRECISION, j VARBYTE, k TIMESTAMPTZ, l REAL)",
        "CREATE TEMP TABLE staged (LIKE kinds)",
    )
    odd = bytes(range(256))
    values: dict[str, tuple[pa.DataType, list[Any], list[Any]]] = {
        "a": (pa.string(), ["", 'é"\\N,\n\t\r☃'], ["", 'é"\\N,\n\t\r☃']),
        "b": (pa.int32(), [-(2**31), 2**31 - 1], [-(2**31), 2**31 - 1]),
        "c": (pa.int64(), [-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
        "d": (
            pa.decimal128(18, 2),
            [Decimal("-9999999999999999.99"), Decimal("0.01")],
            [Decimal("-9999999999999999.99"), Decimal("0.01")],
        ),
        "e": (pa.timestamp("us"), [MOMENT, OLD], [MOMENT, OLD]),
        "f": (pa.timestamp("us", "UTC"), [MOMENT, MOMENT], [MOMENT, MOMENT]),
        "g": (pa.date32(), [date(2025, 5, 14), date(1900, 2, 28)], []),
        "h": (pa.bool_(), [True, False], []),
        "i": (pa.float64(), [0.1, -1e300], []),
        "j": (pa.binary(), [odd, b""], [odd.hex(), ""]),
        "k": (pa.timestamp("us", "UTC"), [MOMENT, MOMENT], [MOMENT.replace(tzinfo=UTC)] * 2),
        "l": (pa.float32(), [0.5, -2.0], []),
    }
    table = pa.table({k: pa.array([*v, None], type=t) for k, (t, v, _) in values.items()})
    run(connection, copy("staged", redshift.stage("kinds", table)))
    run(connection, "INSERT INTO kinds SELECT * FROM staged")
    found = rows(connection, "SELECT * FROM kinds")
    expected = [want or given for _, given, want in values.values()]
    assert found == [[c[0] for c in expected], [c[1] for c in expected], [None] * 12]


def test_copy_by_prefix_and_with_columns(redshift: LocalRedshift, connection: Connection) -> None:
    redshift.stage("many/files", pa.table({"x": ["a"]}), pa.table({"x": ["b", "c"]}))
    redshift.s3.put_object(Bucket=BUCKET, Key="many/files/_SUCCESS", Body=b"")
    run(connection, "CREATE TEMP TABLE many (n INT DEFAULT 5, s VARCHAR(3))")
    run(connection, copy("many (s)", f"s3://{BUCKET}/many/files/", manifest=""))
    assert rows(connection, "SELECT s, n FROM many ORDER BY s") == [["a", 5], ["b", 5], ["c", 5]]


WRONG_FILES = [
    pytest.param(pa.table({"x": [1]}), "Unmatched number of columns", id="too few"),
    pytest.param(
        pa.table({"x": ["1"], "y": ["a"]}), "incompatible Parquet schema for column 'a'", id="text"
    ),
    pytest.param(
        pa.table({"x": pa.array([1], pa.int32()), "y": ["a"]}), "Column type: BIGINT", id="narrow"
    ),
    pytest.param(pa.table({"x": [1], "y": [MOMENT]}), "Column type: VARCHAR", id="a time"),
]


@pytest.mark.parametrize(("table", "message"), WRONG_FILES)
def test_copy_of_what_does_not_fit(
    redshift: LocalRedshift, connection: Connection, table: pa.Table, message: str
) -> None:
    run(connection, "CREATE TABLE IF NOT EXISTS strict (a BIGINT, b VARCHAR(3) NOT NULL)")
    connection.commit()
    error = refused(connection, copy("strict", redshift.stage("strict", table)))
    assert (error["C"], error["M"]) == ("XX000", "Spectrum Scan Error")
    assert "code:      15007" in error["D"]
    assert message in error["D"]


@pytest.fixture
def causes(connection: Connection) -> Connection:
    run(connection, "CREATE TABLE IF NOT EXISTS causes (a BIGINT, b VARCHAR(3) NOT NULL)")
    connection.commit()
    return connection


def test_copy_failures_name_their_cause(redshift: LocalRedshift, causes: Connection) -> None:
    good = redshift.stage("causes", pa.table({"x": [1], "y": ["a"]}))
    assert refused(causes, copy("absent", good))["C"] == "42P01"
    null = redshift.stage("null", pa.table({"x": [1], "y": pa.array([None], pa.string())}))
    assert refused(causes, copy("causes", null))["C"] == "23502"
    unassumed = copy("causes", good).replace("arn:aws:iam::1:role/r", "nobody")
    error = refused(causes, unassumed)
    assert error["C"] == "XX000"
    assert error["M"].endswith("is not authorized to assume IAM Role nobody")
    assert rows(causes, "SELECT COUNT(*) FROM causes") == [[0]]


DATA = f"s3://{BUCKET}/causes/part-0.parquet"
LOST = f"s3://{BUCKET}/lost"


@pytest.mark.parametrize(
    ("entry", "message", "code", "context"),
    [
        (
            {"url": LOST, "mandatory": True, "meta": {"content_length": 1}},
            "Spectrum Scan Error",
            "15007",
            "HTTP response error code: 404 Message: NoSuchKey",
        ),
        (
            {"url": LOST, "mandatory": False, "meta": {"content_length": 1}},
            "does not exist",
            "8001",
            "",
        ),
        (
            {"url": DATA, "mandatory": True, "meta": {"content_length": 1}},
            "Spectrum Scan Error",
            "15007",
            "has an invalid version number",
        ),
        (
            {"url": DATA, "mandatory": True, "meta": {"content_length": 1 << 20}},
            "Spectrum Scan Error",
            "15007",
            "HTTP response error code: 416 Message: InvalidRange",
        ),
        ({"url": DATA, "mandatory": True}, "does not have 'meta' key", "15003", ""),
    ],
    ids=["missing", "missing, not mandatory", "longer", "shorter", "of no length"],
)
def test_manifests_that_name_what_is_not_there(
    redshift: LocalRedshift,
    causes: Connection,
    entry: dict[str, Any],
    message: str,
    code: str,
    context: str,
) -> None:
    redshift.stage("causes", pa.table({"x": [1], "y": ["a"]}))
    error = refused(causes, copy("causes", redshift.stage_manifest("bad", [entry])))
    assert error["C"] == "XX000"
    assert message in error["M"]
    assert f"code:      {code}" in error["D"]
    assert context in error["D"]


@pytest.mark.parametrize(
    ("url", "manifest", "message"),
    [
        (
            f"s3://{BUCKET}/no.manifest",
            "MANIFEST",
            "Problem reading manifest file - S3ServiceException:The specified key does not exist.,"
            "Status 404,Error NoSuchKey,",
        ),
        (f"s3://{BUCKET}/nowhere", "", "The specified S3 prefix 'nowhere' does not exist"),
        (
            "s3://no-bucket/x",
            "",
            "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket,",
        ),
    ],
)
def test_nothing_is_there(causes: Connection, url: str, manifest: str, message: str) -> None:
    error = refused(causes, copy("causes", url, manifest=manifest))
    assert error["C"] == "XX000"
    assert error["M"].startswith(message)
    assert "code:      8001" in error["D"]


@contextmanager
def failing_s3(status: int, code: str) -> Iterator[str]:
    """What answers every request as S3 does when it refuses; its URL."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def failure(redshift: LocalRedshift, s3_url: str) -> dict[str, str]:
    """The error of a COPY while S3 is at this URL."""
    with redshift_local(redshift.postgres_port, s3_url) as (port, _):
        apart = LocalRedshift(port, redshift.postgres_port, s3_url)
        with closing(apart.connect()) as opened:
            run(opened, "CREATE TEMP TABLE t (a INT)")
            opened.commit()
            return refused(opened, copy("t", f"s3://{BUCKET}/x"))


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (503, "SlowDown")])
def test_s3_refuses(redshift: LocalRedshift, status: int, code: str) -> None:
    with failing_s3(status, code) as url:
        error = failure(redshift, url)
    assert error["C"] == "XX000"
    assert f"S3ServiceException:No.,Status {status},Error {code}," in error["M"]


def test_s3_is_away(redshift: LocalRedshift) -> None:
    error = failure(redshift, f"http://127.0.0.1:{free_port()}")
    assert error["C"] == "XX000"
    assert "S3CurlException: Could not connect" in error["M"]
    assert "code:      9001" in error["D"]


def test_lengths_are_bytes(connection: Connection) -> None:
    run(connection, "CREATE TABLE lengths (a VARCHAR(4), b VARBYTE(2))")
    connection.commit()
    run(connection, "INSERT INTO lengths VALUES ('éé', NULL)")
    error = refused(connection, "INSERT INTO lengths VALUES (%s, NULL)", ("ééé",))
    assert (error["C"], error["M"]) == ("22001", "value too long for type character varying(4)")
    error = refused(connection, "INSERT INTO lengths VALUES ('', %s)", (b"abc",))
    assert (error["C"], error["M"]) == ("22001", "value too long for type binary varying(2)")


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        (
            "ééé",
            None,
            "data column a is longer than the length defined in the table. Table: 4, Data: 6",
        ),
        ("a", b"abc", "data column b is longer than the length defined in the table. Table: 2"),
    ],
)
def test_lengths_of_what_is_copied(
    redshift: LocalRedshift,
    connection: Connection,
    text: str,
    data: bytes | None,
    expected: str,
) -> None:
    run(connection, "CREATE TEMP TABLE long (a VARCHAR(4), b VARBYTE(2))")
    connection.commit()
    table = pa.table({"a": [text], "b": pa.array([data], pa.binary())})
    error = refused(connection, copy("long", redshift.stage("long", table)))
    assert (error["C"], error["M"]) == ("XX000", "Spectrum Scan Error")
    assert expected in error["D"]


def test_several_connections_load_at_once(redshift: LocalRedshift, connection: Connection) -> None:
    run(connection, "CREATE TABLE shared (a BIGINT)")
    connection.commit()
    url = redshift.stage("shared", pa.table({"a": list(range(20_000))}))

    def load() -> None:
        with closing(redshift.connect()) as opened:
            run(opened, copy("shared", url))
            opened.commit()

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert rows(connection, "SELECT COUNT(*), COUNT(DISTINCT a) FROM shared") == [[120_000, 20_000]]
