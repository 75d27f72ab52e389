"""The functions that statements may call.

Each is one that Redshift documents and that PostgreSQL carries out with the same meaning, or that
`rewording` says in PostgreSQL's words. Functions of Redshift's leader node (NOW, AGE, ...) are
left out, since they fail beside a table.
"""

from typing import Final

RANKING: Final = frozenset(
    ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"]
)
"""Window functions that take no frame."""

_AGGREGATE: Final = "any_value bool_and bool_or count grouping listagg max min sum"
_WINDOW: Final = "first_value last_value nth_value"
_STRING: Final = (
    "ascii btrim char_length character_length charindex chr concat left len length lower lpad "
    "ltrim octet_length position repeat replace replicate reverse right rpad rtrim split_part "
    "strpos substr substring textlen translate trim upper"
)
_DATE: Final = "date_part date_trunc dateadd datediff getdate"
_MATH: Final = (
    "abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees exp floor ln log mod pi power "
    "radians random round sign sin sqrt tan trunc"
)
_CONDITIONAL: Final = "coalesce decode greatest least nullif nvl nvl2"
_FORMATTING: Final = "cast to_char to_date to_number to_timestamp"
_HASH: Final = "md5 sha2"
_SYSTEM: Final = (
    "current_database current_schema current_schemas has_database_privilege has_schema_privilege "
    "has_table_privilege pg_backend_pid version"
)

FUNCTIONS: Final = RANKING.union(
    *(
        names.split()
        for names in (
            _AGGREGATE,
            _WINDOW,
            _STRING,
            _DATE,
            _MATH,
            _CONDITIONAL,
            _FORMATTING,
            _HASH,
            _SYSTEM,
        )
    )
)

INSTEAD: Final = {
    "avg": "Redshift drops the fraction of an average of integers: write SUM / COUNT",
    "extract": "its type is another on Redshift: write DATE_PART",
    "now": "it is one of Redshift's leader node: write GETDATE or SYSDATE",
    "current_timestamp": "it is one of Redshift's leader node: write GETDATE or SYSDATE",
}
"""Suggestions for functions of PostgreSQL that Redshift does not have."""
