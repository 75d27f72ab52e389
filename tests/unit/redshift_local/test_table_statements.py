"""DDL: keys and storage fall away, types keep their lengths in bytes."""

import pytest

from redshift_local.statements import Forward, Refusal, decide


def check(kind: str, limit: int, name: str) -> str:
    return f'CONSTRAINT "{kind}_bytes_{limit}_{name}" CHECK (octet_length("{name}") <= {limit})'


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("a int", '"a" integer'),
        ("a BIGINT NOT NULL ENCODE az64", '"a" bigint NOT NULL'),
        ("a bigint primary key", '"a" bigint NOT NULL'),
        ("a int unique references o (x)", '"a" integer'),
        ("a decimal", '"a" numeric(18, 0)'),
        ("a numeric(18, 2)", '"a" numeric(18, 2)'),
        ("a double precision", '"a" double precision'),
        ("a timestamp without time zone", '"a" timestamp'),
        ("a timestamp with time zone", '"a" timestamp with time zone'),
        ("a timestamptz default getdate() not null", None),
        ("a varchar(5)", f'"a" varchar(5) {check("varchar", 5, "a")}'),
        ("a varchar", f'"a" varchar(256) {check("varchar", 256, "a")}'),
        ("a varchar(max)", f'"a" varchar(65535) {check("varchar", 65535, "a")}'),
        ("a text", f'"a" varchar(256) {check("varchar", 256, "a")}'),
        ("a character varying(7)", f'"a" varchar(7) {check("varchar", 7, "a")}'),
        ("a char(2)", f'"a" char(2) {check("char", 2, "a")}'),
        ("a varbyte(9)", f'"a" bytea {check("varbyte", 9, "a")}'),
        ("a varbinary", f'"a" bytea {check("varbyte", 64000, "a")}'),
        ("a int default 1 + (2, 3) encode raw", '"a" integer DEFAULT 1 + (2, 3)'),
    ],
)
def test_column(definition: str, expected: str | None) -> None:
    decision = decide(f"CREATE TEMP TABLE t ({definition})")
    assert isinstance(decision, Forward)
    inside = decision.sql.removeprefix('CREATE TEMP TABLE "t" (').removesuffix(")")
    if expected is None:
        assert inside.startswith('"a" timestamptz DEFAULT date_trunc(')
        assert inside.endswith(" NOT NULL")
    else:
        assert inside == expected


def test_keys_make_not_null_and_nothing_else() -> None:
    sql = (
        "CREATE TABLE t (a int, b int, CONSTRAINT c UNIQUE (b), PRIMARY KEY (a), "
        "FOREIGN KEY (b) REFERENCES o (x)) DISTSTYLE ALL ENCODE AUTO"
    )
    assert decide(sql) == Forward('CREATE TABLE "t" ("a" integer NOT NULL, "b" integer)')


@pytest.mark.parametrize(
    ("attributes", "index"),
    [
        ("DISTKEY (a)", 'CREATE INDEX ON "t" ("a")'),
        ("DISTSTYLE KEY DISTKEY(a)", 'CREATE INDEX ON "t" ("a")'),
        ("COMPOUND SORTKEY (a, b)", 'CREATE INDEX ON "t" ("a", "b")'),
        (
            "SORTKEY (b)",
            'CREATE INDEX ON "t" USING brin ("b") WITH (pages_per_range = 16, autosummarize = on)',
        ),
    ],
)
def test_distribution_and_order_become_plain_indexes(attributes: str, index: str) -> None:
    table = 'CREATE TABLE "t" ("a" integer, "b" integer)'
    expected = f"DO $redshift_local$ BEGIN {table}; {index}; END $redshift_local$"
    made = decide(f"CREATE TABLE t (a int, b int) {attributes}")
    assert made == Forward(expected, b"CREATE TABLE")
    assert decide(f"CREATE TEMP TABLE t (a int, b int) {attributes}") == Forward(
        'CREATE TEMP TABLE "t" ("a" integer, "b" integer)'
    )


def test_a_table_that_exists_gets_no_second_index() -> None:
    decision = decide("CREATE TABLE IF NOT EXISTS s.t (a int DISTKEY SORTKEY)")
    assert isinstance(decision, Forward)
    assert 'IF to_regclass(\'"s"."t"\') IS NULL THEN CREATE TABLE' in decision.sql


def test_like_keeps_lengths() -> None:
    assert decide("create temp table x (like y including defaults)") == Forward(
        'CREATE TEMP TABLE "x" (LIKE "y" INCLUDING CONSTRAINTS INCLUDING DEFAULTS)'
    )


def test_create_table_as() -> None:
    assert decide("CREATE TABLE t DISTKEY (a) AS SELECT a FROM u") == Forward(
        'CREATE TABLE "t" AS SELECT a FROM u'
    )
    assert decide("CREATE TEMP TABLE t (a, b) AS (SELECT 1, 2)") == Forward(
        'CREATE TEMP TABLE "t" ("a", "b") AS (SELECT 1, 2)'
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("ADD a int", 'ADD COLUMN "a" integer'),
        ("ADD COLUMN a int NULL", 'ADD COLUMN "a" integer'),
        (
            "ADD COLUMN a varchar(3) DEFAULT 'x' ENCODE zstd NOT NULL",
            f"ADD COLUMN \"a\" varchar(3) DEFAULT 'x' NOT NULL {check('varchar', 3, 'a')}",
        ),
        (
            "ADD COLUMN a BOOLEAN NOT NULL DEFAULT false ENCODE raw",
            'ADD COLUMN "a" boolean DEFAULT false NOT NULL',
        ),
    ],
)
def test_a_column_is_added(change: str, expected: str) -> None:
    assert decide(f"ALTER TABLE t {change}") == Forward(f'ALTER TABLE "t" {expected}')


@pytest.mark.parametrize("change", ["RENAME TO u", "RENAME COLUMN a TO b", "DROP COLUMN a"])
def test_changes_that_both_know(change: str) -> None:
    assert decide(f"ALTER TABLE t {change}") == Forward(f"ALTER TABLE t {change}")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ADD COLUMN a int NOT NULL", "must have a non-null default expression"),
        ("ADD COLUMN a int NOT NULL DEFAULT NULL", "must have a non-null default expression"),
        ("ADD COLUMN a int, ADD COLUMN b int", "one column in each ALTER TABLE"),
        ("ADD COLUMN a int DEFAULT 1 PRIMARY KEY", "can be no key"),
        ("ADD COLUMN a int UNIQUE", "can be no key"),
        ("ADD COLUMN a int REFERENCES o (x)", "can be no key"),
        ("ADD COLUMN a int SORTKEY", "can be no key"),
        ("ADD COLUMN a int DISTKEY", "can be no key"),
        ("ADD COLUMN IF NOT EXISTS a int", 'type "not" does not exist'),
        ("DROP COLUMN a, DROP COLUMN b", "'DROP'"),
        ("RENAME TO u, ADD COLUMN b int", "'RENAME'"),
        ("ALTER COLUMN a DROP NOT NULL", "'ALTER'"),
        ("ALTER COLUMN a SET NOT NULL", "'ALTER'"),
        ("ALTER COLUMN a SET DEFAULT 1", "'ALTER'"),
    ],
)
def test_changes_that_redshift_does_not_make(change: str, why: str) -> None:
    decision = decide(f"ALTER TABLE t {change}")
    assert isinstance(decision, Refusal)
    assert why in decision.message


@pytest.mark.parametrize(
    "sql",
    [
        "create table t (a varchar(70000))",
        "create table t (a decimal(39, 0))",
        "create table t (a varchar('x'))",
        "create table t (a int) distkey (a, b)",
        "create table t (a)",
        "create table t (a int",
        "create table t (a int) diststyle odd",
    ],
)
def test_wrong_definitions_are_refused(sql: str) -> None:
    assert isinstance(decide(sql), Refusal)
