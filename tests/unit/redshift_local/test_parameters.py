"""Bound parameters: where Redshift takes them, and where it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_local.statements import Forward, Refusal, decide


@pytest.mark.parametrize(
    "sql",
    [
        "select $1",
        "select a, coalesce($1, b) from t join u on t.x = u.x and u.y = $2 where c in ($3, $4)",
        "select a from t where b = $1 order by a limit 10 offset 5",
        "select a from t join (select b from u limit 1) s on t.a = s.b where t.a = $1",
        "select a from t where exists (select 1 from u) and (b = $1 or (c = $2))",
        "insert into t (a, b) values ($1, $2), ($3, ($4))",
        "insert into t select a from u where b = $1",
        "update t set a = $1 from (select b from u) as s where t.b = s.b and t.c = $2",
        "delete from t using u where t.a = u.a and u.b = $1",
        "select a from (select 1 as a union select 2) as s where a = $1",
        "select '$1' from (select 1 as \"$1\") as s -- $1",
    ],
)
def test_taken(sql: str) -> None:
    decision = decide(sql)
    assert isinstance(decision, Forward)
    assert decision.sql == sql.removesuffix(" -- $1")


@pytest.mark.parametrize(
    ("sql", "place", "state"),
    [
        ("copy t from $1 iam_role default parquet", "$1 in COPY", "42601"),
        ("unload ($1) to 's3://b/k' iam_role default", "$1 in UNLOAD", "42601"),
        ("create materialized view v as select a from t where b = $1", "in CREATE", "XX000"),
        ("create table t as select a from u where b = $1", "in CREATE", "42601"),
        ("create temp table t as select $1 as a", "in CREATE", "42601"),
        ("create view v as select a from t where b = $1", "in CREATE", "42601"),
        ("create schema $1", "in CREATE", "42601"),
        ("alter table t add column a int default $1", "in ALTER", "42601"),
        ("drop table $1", "in DROP", "42601"),
        ("truncate $1", "in TRUNCATE", "42601"),
        ("lock table $1", "in LOCK", "42601"),
        ("declare c cursor for select a from t where b = $1", "in DECLARE", "42601"),
        (
            "merge into t using u on t.a = u.a when matched then update set b = $1 "
            "when not matched then insert values (1, 2)",
            "in MERGE",
            "42601",
        ),
        ("explain select a from t where b = $1", "in EXPLAIN", "42601"),
        ("$1", "in $1", "42601"),
        ("set query_group to $1", "in SET", "42601"),
        ("grant select on $1 to u", "in GRANT", "42601"),
        ("(select $1)", "in (", "42601"),
        ("with s as (select $1 as a) select a from s", "in WITH", "42601"),
        ("with s as (select 1 as a) select a from s where a = $1", "in WITH", "42601"),
        ("select a from t limit $1", "LIMIT or OFFSET", "XX000"),
        ("select a from t where b = $1 limit 10 offset $2", "$2 in LIMIT or OFFSET", "XX000"),
        ("insert into t select a from u limit (2 * $1)", "LIMIT or OFFSET", "XX000"),
        ("select a from t where b = any($1)", "an array", "42601"),
        ("select array[$1]", "ARRAY", "0A000"),
        ("select array($1)", "an array", "42601"),
        ("select a from (select a from t where b = $1) as s", "a sub-query", "42601"),
        ("select a from ((select $1 as a)) as s", "a sub-query", "42601"),
        ("select a from t where b in (select c from u where d = $1)", "a sub-query", "42601"),
        ("select a from t where not exists (select 1 from u where d = $1)", "a sub-query", "42601"),
        ("select (select max(a) from t where b in ($1, $2))", "a sub-query", "42601"),
        ("insert into t (select a from u where b = $1)", "a sub-query", "42601"),
        ("update t set a = (select $1)", "a sub-query", "42601"),
        ("update t set a = 1 from (select $1 as b) as s where t.b = s.b", "a sub-query", "42601"),
        ("delete from t where a in (select b from u where c = $1)", "a sub-query", "42601"),
        ("select a from t where b = $1 union all select 1", "UNION", "42601"),
        ("select a from t where exists (/* */ select 1 limit $1)", "a sub-query", "42601"),
    ],
)
def test_refused(sql: str, place: str, state: str) -> None:
    decision = decide(sql)
    assert isinstance(decision, Refusal)
    assert place in decision.message
    assert decision.state == state


WRAPPED = (
    "({})",
    "(b = 1 or {})",
    "case when {} then true else false end",
    "(select true from t where {})",
    "exists (select 1 from t where {})",
)


@given(st.lists(st.sampled_from(WRAPPED), max_size=5))
def test_a_parameter_is_refused_exactly_within_a_query(wrapped: list[str]) -> None:
    condition = "a = $1"
    for wrapper in wrapped:
        condition = wrapper.format(condition)
    decision = decide(f"select a from t where {condition}")
    assert isinstance(decision, Refusal if "select" in condition else Forward)
