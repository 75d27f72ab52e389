"""Functions, types, operators and windows: what passes, in which words, and what does not."""

import pytest

from redshift_local.statements import Forward, Refusal, decide


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*), count(distinct a), sum(a * b) from t group by c having min(a) > 1",
        "select coalesce(a, 1), nullif(b, 2), greatest(a, b), case when (a) then (b) end from t",
        "select trim(both 'x' from a), position('x' in b), substring(c from 2 for 3) from t",
        "select date_trunc('day', a) from t where a >= date '2025-05-14' - interval '7 days'",
        "select a from t where b in (1, 2) and not (c) and exists (select 1 from u using_it)",
        "select a at time zone 'UTC' at time zone 'America/Sao_Paulo' from t",
        "select s.a from (select 1, 2) s (a, b) join u on (s.a = u.a)",
        "with s (a) as (select 1), r (b) as (select 2) select a, b from s, r",
        "insert into esquema.t (a, b) values (1, 'x')",
        "select row_number() over (partition by a order by b), lag(c) over (order by d) from t",
        "select sum(a) over (partition by b), sum(a) over (order by b rows unbounded preceding)",
        "select a from t where b like 'x%' escape 'y' or c ilike 'z' or d similar to 'w'",
        "select current_date, current_user, version(), t.current_time as localtime from t",
        "select a from t union all (select b from u) order by 1 limit (2)",
        "create view v (a, b) as select 1, 2",
        "comment on table t is 'x'",
    ],
)
def test_what_both_read_alike(sql: str) -> None:
    assert decide(sql) == Forward(sql)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("nvl(a, b, 1)", "coalesce(a, b, 1)"),
        ("nvl2(a, b, c)", "CASE WHEN (a) IS NOT NULL THEN b ELSE c END"),
        (
            "decode(a, 1, 'x', null, 'y', 'z')",
            "CASE WHEN (a) IS NOT DISTINCT FROM (1) THEN 'x' "
            "WHEN (a) IS NOT DISTINCT FROM (null) THEN 'y' ELSE 'z' END",
        ),
        ("decode(a, 1, b)", "CASE WHEN (a) IS NOT DISTINCT FROM (1) THEN b END"),
        ("concat(a, nvl(b, ''))", "((a) || (coalesce(b, '')))"),
        ("charindex('x', a)", "strpos(a, 'x')"),
        ("len(a)", "length(a)"),
        ("dateadd(day, -7, a)", "((a) + make_interval(days => (-7)))"),
        ("dateadd('hour', b, getdate())", None),
        ("datediff(day, a, b)", "((b)::date - (a)::date)::bigint"),
        ("date_part(dow, a)", "date_part('dow', a)"),
        ("sha2(a, 256)", "encode(sha256(convert_to(a, 'UTF8')), 'hex')"),
        ("cast(a as decimal)", "cast(a as numeric(18, 0))"),
        ("cast(b as varchar) as c", "cast(b as varchar(256)) as c"),
        (
            "a::varchar(3)::timestamp at time zone 'UTC'",
            "a::varchar(3)::timestamp at time zone 'UTC'",
        ),
        ("(a::varbyte)", "(a::bytea)"),
    ],
)
def test_reworded(expression: str, expected: str | None) -> None:
    decision = decide(f"select {expression} from t")
    assert isinstance(decision, Forward)
    if expected is None:
        assert decision.sql.startswith("select ((date_trunc('second', ")
        assert decision.sql.endswith(" + make_interval(hours => (b))) from t")
    else:
        assert decision.sql == f"select {expected} from t"


@pytest.mark.parametrize(
    "name",
    [
        "string_agg",
        "json_agg",
        "generate_series",
        "unnest",
        "pg_sleep",
        "gen_random_uuid",
        "now",
        "age",
        "concat_ws",
        "format",
        "json_extract_path_text",
        "decode_bytes",
        "to_jsonb",
        "array_length",
        "regexp_matches",
        "make_date",
        "any",
        "avg",
        "extract",
        "nextval",
        "pg_advisory_lock",
        "set_config",
        "own.count",
        "pg_catalog.sum",
        "overlay",
        "row",
    ],
)
def test_functions_that_redshift_has_not_or_has_otherwise(name: str) -> None:
    decision = decide(f"select {name}(a) from t")
    assert isinstance(decision, Refusal)
    assert decision.state == "42883"
    assert f"function {name.split('.')[-1]} does not exist" in decision.message


@pytest.mark.parametrize(
    ("sql", "named", "state"),
    [
        ("select * from generate_series(1, 2)", "generate_series", "42883"),
        ("select a from t where b = any (select c from u)", "any", "42883"),
        ("select current_timestamp", "GETDATE or SYSDATE", "42883"),
        ("select localtime", "localtime", "42883"),
        ('select "pg_sleep"(1)', "pg_sleep", "42883"),
        ("create table t (a int default nextval('s'))", "nextval", "42883"),
        ("select nvl(a)", "nvl", "42883"),
        ("select lag(a, 1, 0) over (order by b) from t", "lag", "42883"),
        ("select log(2, a) from t", "log", "42883"),
        ("select to_timestamp(a) from t", "to_timestamp", "42883"),
        ("select concat(a, b, c) from t", "concat", "42883"),
        ("select dateadd(century, 1, a) from t", "century", "0A000"),
        ("select datediff(week, a, b) from t", "week", "0A000"),
        ("select date_part(epoch, a) from t", "epoch", "0A000"),
        ("select sha2(a, 1) from t", "bits", "0A000"),
        ("select a::regclass", 'type "regclass"', "42704"),
        ("select a::interval", 'type "interval"', "42704"),
        ("select cast(nvl(a, b) as uuid) from t", 'type "uuid"', "42704"),
        ("select json '{}'", 'type "json"', "42704"),
        (r"select e'\n'", 'type "e"', "42704"),
        ("select a::int[] from t", "array", "0A000"),
        ("select a -> 'b' from t", "->", "0A000"),
        ("select a & 1 from t", "&", "0A000"),
        ("select a ~* 'x' from t", "~*", "0A000"),
        ("select a[1] from t", "[", "0A000"),
        ("select a is not distinct from b from t", "IS NOT DISTINCT", "0A000"),
        ("select 1 except all select 2", "EXCEPT ALL", "0A000"),
        ("select sum(a) over (order by b) from t", "require a frame clause", "0A000"),
        ("select first_value(a) over (order by b) from t", "require a frame clause", "0A000"),
        ("select sum(a) over w from t window w as (order by b)", "WINDOW", "0A000"),
        ("select sum(a) over (range unbounded preceding)", "RANGE", "0A000"),
        ("select " + "nvl(1, " * 400 + "1" + ")" * 400, "nested too deep", "54001"),
    ],
)
def test_refused(sql: str, named: str, state: str) -> None:
    decision = decide(sql)
    assert isinstance(decision, Refusal)
    assert named in decision.message
    assert decision.state == state
