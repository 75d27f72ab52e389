"""The query that cleans raw rows and says of each what is wrong with it, if anything."""

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from batch_etl.cleaning import MAX_AHEAD, Cleaning, Reading, quoted
from batch_etl.layout import Field, Layout, Rules
from batch_etl.local_time import as_utc_sql
from batch_etl.raw_rows import LINHA, MALFORMED, Stored, raw_name
from batch_etl.reasons import MAX_CONTENT_BYTES, MotivoLinha
from batch_etl.typed_cleaning import cleaner

ERROR: Final = "erro"
"""The column and the reason of a rejected row, with a colon between them; else NULL."""
CONTENT: Final = "conteudo"
"""What stood in a rejected row, as JSON."""
_ABSENT: Final = Cleaning("NULL::VARCHAR", "NULL::VARCHAR", ())


def reading_of(rules: Rules, *, mark: str) -> Reading:
    """How the numbers and moments of a file are read."""
    latest = (rules.now + MAX_AHEAD).astimezone(UTC)
    return Reading(
        mark=mark,
        as_utc=as_utc_sql(ZoneInfo(rules.timezone), until=latest),
        latest=f"TIMESTAMP '{latest:%Y-%m-%d %H:%M:%S.%f}'",
    )


def clean_query(
    table: str, *, layout: Layout, stored: Mapping[str, Stored], reading: Reading
) -> str:
    """SQL for the columns of the layout, ERROR and CONTENT, a row for each row of the table."""
    cleanings = {field: _cleaning(field, stored, reading) for field in layout.fields}
    raws = [raw_name(field.name) for field in layout.fields if field.name in stored]
    texts = _listed(f"{c.text} AS t_{field.name}" for field, c in cleanings.items())
    locals_ = [f"{c.local} AS l_{field.name}" for field, c in cleanings.items() if c.local]
    values = _listed(f"{c.value} AS {field.name}" for field, c in cleanings.items())
    content = f"left(to_json({{{_listed(map(_entry, raws))}}})::VARCHAR, {MAX_CONTENT_BYTES})"
    return f"""
        SELECT {_listed(_column(column) for column in layout.schema)}, {ERROR},
            CASE WHEN {ERROR} IS NULL THEN NULL WHEN {MALFORMED} IS NOT NULL THEN {MALFORMED}
                ELSE {content} END AS {CONTENT}
        FROM (SELECT *, {_errors(cleanings)} AS {ERROR}
        FROM (SELECT *, {values}
        FROM (SELECT {_listed(["*", *locals_])}
        FROM (SELECT *, {texts}
        FROM {table}))))"""


def _cleaning(field: Field, stored: Mapping[str, Stored], reading: Reading) -> Cleaning:
    how = stored.get(field.name)
    clean = how and cleaner(how, field.kind)
    return clean(field, reading) if clean else _ABSENT


def _errors(cleanings: Mapping[Field, Cleaning]) -> str:
    malformed = f"WHEN {MALFORMED} IS NOT NULL THEN ':{MotivoLinha.LINHA_MALFORMADA}'"
    checks = [
        f"WHEN {condition} THEN '{field.name}:{motivo}'"
        for field, cleaning in cleanings.items()
        for condition, motivo in cleaning.checks
    ]
    return f"CASE {malformed} {' '.join(checks)} END"


def _column(column: pa.Field) -> str:
    """The values of a rejected row are no values."""
    if column.name == LINHA:
        return LINHA
    typed = f"CAST({column.name} AS {_SQL_TYPES[column.type]})"
    return f"CASE WHEN {ERROR} IS NULL THEN {typed} END AS {column.name}"


_SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.decimal128(18, 2): "DECIMAL(18,2)",
    pa.timestamp("us"): "TIMESTAMP",
}


def _entry(raw: str) -> str:
    return f"{quoted(raw.removeprefix(raw_name('')))}: CAST({raw} AS VARCHAR)"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
