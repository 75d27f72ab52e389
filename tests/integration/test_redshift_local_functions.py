"""Redshift's functions, carried out by a real PostgreSQL."""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from redshift_connector import Connection
from tests.support.redshift_sql import refused, rows

from redshift_local.functions import FUNCTIONS
from redshift_local.rewording import REWORDED

GRAMMAR = {"cast", "coalesce", "greatest", "grouping", "least", "nullif", "trim", "listagg"}
"""Functions that are no rows of pg_proc."""


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATEADD(month, 1, TIMESTAMP '2024-01-31 10:00:00')", moment("2024-02-29 10:00:00")),
        ("DATEADD(day, -30, DATE '2025-05-14')", moment("2025-04-14")),
        ("DATEADD(second, 90, TIMESTAMP '2025-05-14 19:16:00')", moment("2025-05-14 19:17:30")),
        ("DATEDIFF(day, TIMESTAMP '2025-05-13 23:59:59', TIMESTAMP '2025-05-14 00:00:00')", 1),
        ("DATEDIFF(hour, TIMESTAMP '2025-05-14 00:01:00', TIMESTAMP '2025-05-13 23:59:59')", -1),
        ("DATEDIFF(minute, TIMESTAMP '2025-05-14 10:00:59.9', TIMESTAMP '2025-05-14 10:02:00')", 2),
        ("DATEDIFF(month, DATE '2024-12-31', DATE '2025-02-01')", 2),
        ("DATEDIFF(year, DATE '2024-12-31', DATE '2025-01-01')", 1),
        ("DATE_PART(month, TIMESTAMP '2025-05-14 19:16:00')", 5.0),
        ("DATE_TRUNC('hour', TIMESTAMP '2025-05-14 19:16:00')", moment("2025-05-14 19:00:00")),
        ("CAST(TIMESTAMP '2025-05-14 19:16:00' AS DATE)", date(2025, 5, 14)),
        ("DECODE(NULL, 1, 'um', NULL, 'nada')", "nada"),
        ("DECODE(2, 1, 'um', 2, 'dois', 'outro')", "dois"),
        ("DECODE(3, 1, 'um')", None),
        ("NVL(NULL, NULL, 5)", 5),
        ("NVL2(0, 'sim', 'nao')", "sim"),
        ("GREATEST(1, NULL, 3)", 3),
        ("CONCAT('a', NULL)", None),
        ("CONCAT('a', 'b')", "ab"),
        ("CHARINDEX('b', 'abc')", 2),
        ("LEN('é ')", 2),
        ("REPLICATE('ab', 2)", "abab"),
        ("SUBSTRING('abcdef', 2, 3)", "bcd"),
        ("SHA2('a', 256)", hashlib.sha256(b"a").hexdigest()),
        ("MD5('a')", hashlib.md5(b"a", usedforsecurity=False).hexdigest()),
        ("CAST('abc' AS VARCHAR(2))", "ab"),
        ("'1.5'::DECIMAL", Decimal(2)),
        ("7 / 2", 3),
    ],
)
def test_functions(connection: Connection, expression: str, expected: Any) -> None:
    assert rows(connection, f"SELECT {expression} AS valor") == [[expected]]


def test_every_function_of_the_list_is_one_of_postgres(connection: Connection) -> None:
    wanted = FUNCTIONS - REWORDED - GRAMMAR
    names = ", ".join(f"'{name}'" for name in wanted)
    found = rows(connection, f"SELECT DISTINCT proname FROM pg_proc WHERE proname IN ({names})")
    assert {name for (name,) in found} == wanted


@pytest.mark.parametrize("expression", ["NOW()", "STRING_AGG('a', 'b')", "PG_SLEEP(1)"])
def test_a_function_that_is_not_redshifts(connection: Connection, expression: str) -> None:
    assert refused(connection, f"SELECT {expression}")["C"] == "42883"
