"""What becomes of the text of a statement."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_local.copy_command import CopyCommand
from redshift_local.statements import Forward, Refusal, Truncate, decide

PARQUET = "FORMAT AS PARQUET"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param("select 1", "select 1", id="a query stays"),
        pytest.param("select 1 -- last\n;", "select 1", id="comments and the end go"),
        pytest.param("select 'a;b', 2", "select 'a;b', 2", id="a semicolon within a string"),
        pytest.param("select 'it''s' /* ; */ as x", "select 'it''s' /* ; */ as x", id="quotes"),
        pytest.param(r"select 'a\'b'", r"select 'a\'b'", id="a backslash escapes a quote"),
        pytest.param('select "Total" from t', 'select "total" from t', id="quoted names fold"),
        pytest.param("select a from t where b = $1", "select a from t where b = $1", id="$1"),
        pytest.param("begin transaction", "BEGIN", id="as the driver begins"),
        pytest.param("BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN", id="no level is weaker"),
        pytest.param("START TRANSACTION READ ONLY", "BEGIN READ ONLY", id="read only stays"),
        pytest.param("LOCK t, s.u", 'LOCK TABLE "t", "s"."u"', id="lock"),
        pytest.param("SET query_group TO 'x'", "SET redshift.query_group TO 'x'", id="set"),
        pytest.param("select sysdate", "select transaction_timestamp()::timestamp", id="sysdate"),
        pytest.param("select a::varbyte from t", "select a::bytea from t", id="varbyte"),
        pytest.param("VACUUM DELETE ONLY t TO 75 PERCENT", 'VACUUM "t"', id="vacuum"),
        pytest.param("ANALYZE t PREDICATE COLUMNS", 'ANALYZE "t"', id="analyze"),
        pytest.param("explain select 1", "EXPLAIN select 1", id="explain"),
        pytest.param("select 1; select 2", "select 1; select 2", id="several"),
        pytest.param(" ; ", " ; ", id="nothing"),
        pytest.param(
            "select listagg(sysdate, ', ') within group (order by a desc), 1",
            "select string_agg(NULLIF((transaction_timestamp()::timestamp)::varchar, ''), ', ' "
            "order by a desc), 1",
            id="listagg",
        ),
        pytest.param(
            "select listagg(a)",
            "select string_agg(NULLIF((a)::varchar, ''), '')",
            id="bare listagg",
        ),
    ],
)
def test_forwarded(sql: str, expected: str) -> None:
    assert decide(sql) == Forward(expected)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from t using s, u where t.a = s.a",
        "update t set a = s.b from (select b from x left join y using (c)) as s where t.c = s.c",
    ],
)
def test_what_both_read_alike(sql: str) -> None:
    assert decide(sql) == Forward(sql)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("insert into t values (1) on conflict do nothing", "INSERT: Redshift has no ON CONFLICT"),
        ("insert into t values (1) returning a", "INSERT: Redshift has no RETURNING"),
        ("create index i on t (a)", "CREATE INDEX"),
        ("create unique index i on t (a)", "CREATE UNIQUE INDEX"),
        ("create extension x", "CREATE EXTENSION"),
        ("create table t (a jsonb)", "jsonb"),
        ("create table t (a serial)", "serial"),
        ("create table t (a int[])", "array"),
        ("create table t (a int check (a > 0))", "'check'"),
        ("create table t (a bytea)", "bytea"),
        ("create table t (a int) partition by range (a)", "'partition'"),
        ("listen x", "LISTEN"),
        ("notify x", "NOTIFY"),
        ("savepoint x", "SAVEPOINT"),
        ("rollback to savepoint x", "ROLLBACK TO SAVEPOINT"),
        ("do $$ begin end $$", "DO"),
        ("unload ('select 1') to 's3://b/k' iam_role default", "UNLOAD"),
        ("call p()", "CALL"),
        ("values (1)", "VALUES"),
        ("select * from (values (1)) v", "( VALUES"),
        ("select a from t for update", "FOR UPDATE"),
        ("select distinct on (a) a from t", "DISTINCT ON"),
        ("select count(*) filter (where a) from t", "FILTER"),
        ("select a->>'b' from t", "->>"),
        ("select a::jsonb from t", "jsonb"),
        ("select cast(a as uuid) from t", "uuid"),
        ("select generate_series(1, 2)", "generate_series"),
        ("select array_agg(a) from t", "array_agg"),
        ("select array[1]", "ARRAY ["),
        ("delete from t as x where x.a = 1", "DELETE"),
        ("delete from t using s as x where x.a = t.a", "DELETE"),
        ("delete from t using (select 1 as a) where true", "DELETE"),
        ("update t set (a, b) = (1, 2)", "one column at a time"),
        ("update t set a = 1 from s left join u on s.a = u.a where t.a = s.a", "equijoin"),
        ("update t set a = 1 from s full outer join u on s.a = u.a", "equijoin"),
        ("select listagg(distinct a) from t", "LISTAGG: DISTINCT"),
        ("select listagg(a, b) from t", "constant string"),
        ("lock table t in share mode", "LOCK"),
        ("lock table t nowait", "LOCK"),
        ("set session characteristics as transaction read only", "SET CHARACTERISTICS"),
        ("set work_mem to '1GB'", "SET: SET work_mem"),
        ("explain analyze select 1", "EXPLAIN"),
        ("drop index i", "DROP INDEX"),
        ("alter table t add constraint c unique (a)", "ALTER TABLE"),
        ("copy t from stdin", "COPY"),
        ("copy t to stdout", "COPY"),
        ("copy t from 's3://b/k' iam_role default csv", "COPY: it does not know 'csv'"),
        ("copy t from 's3://b/k' iam_role default parquet region 'x'", "'region'"),
        ("copy t from 'dynamodb://x' iam_role default parquet", "only s3://"),
        ("copy t from 's3://b/k' parquet", "IAM_ROLE is missing"),
        ("copy t from 's3://b/k' iam_role default", "only FORMAT PARQUET"),
        ("merge into t using s on a = b when matched then delete", "MERGE"),
        ("select 1; truncate t", "several statements"),
        ("select 'open", "it ends within"),
    ],
)
def test_refused_by_name(sql: str, named: str) -> None:
    decision = decide(sql)
    assert isinstance(decision, Refusal)
    assert decision.message.startswith("redshift-local refuses ")
    assert named in decision.message
    assert decision.state in ("0A000", "42601", "42704", "42883")


@pytest.mark.parametrize(
    ("options", "role"),
    [
        (f"IAM_ROLE 'arn:aws:iam::1:role/r' {PARQUET} MANIFEST", "arn:aws:iam::1:role/r"),
        (f"MANIFEST {PARQUET} IAM_ROLE default", "default"),
        ("iam_role DEFAULT manifest format parquet statupdate off", "default"),
    ],
)
def test_copy_options_in_any_order(options: str, role: str) -> None:
    expected = CopyCommand('"s"."t"', ('"a"', '"b"'), "s3://b/it's", manifest=True, role=role)
    assert decide(f"COPY s.t (a, \"B\") FROM 's3://b/it''s' {options};") == expected
    assert expected.shape == 'SELECT "a", "b" FROM "s"."t"'
    assert expected.from_client == 'COPY "s"."t" ("a", "b") FROM STDIN (FORMAT csv)'


def test_truncate_is_told_apart_since_it_commits() -> None:
    assert decide("TRUNCATE t") == Truncate('TRUNCATE TABLE "t"')


WORDS = """select from create table temp copy t ( ) , ; 's3://b/k' 'it''s' "q" 'x' 'open primary key
varchar max 38 decimal default encode distkey sortkey like alter add column set to explain merge
iam_role format parquet $1 :: . [ ] -- /* */ \\ é 1e5 truncate delete begin lock"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
def test_every_text_has_a_decision(sql: str) -> None:
    assert isinstance(decide(sql), Forward | Truncate | CopyCommand | Refusal)


@given(st.text())
def test_strings_are_left_as_they_are(text: str) -> None:
    literal = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    assert decide(f"select {literal}") == Forward(f"select {literal}")


def test_getdate_has_no_fraction_of_a_second() -> None:
    decision = decide("select getdate() from t")
    assert isinstance(decision, Forward)
    assert re.match(r"select date_trunc\('second', .*\) from t$", decision.sql)
