"""How a typed column of a Parquet file is cleaned, in SQL; see `cleaning.py`."""

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa

from batch_etl.cleaning import (
    Cleaning,
    Reading,
    absence_checks,
    clean_text,
    count_limits,
    moment,
    price_limits,
)
from batch_etl.decimal_mark import POINT
from batch_etl.layout import ColumnKind, Field
from batch_etl.raw_rows import Stored
from batch_etl.reasons import MotivoLinha

NOISE: Final = "1e-6"
"""Of a binary fraction: `59.699999999999996` was computed as 59.70."""


Cleaner = Callable[[Field, Reading], Cleaning]


def _exact(field: Field, reading: Reading) -> Cleaning:
    """Decimals, as text with a decimal point."""
    return clean_text(field, Reading(POINT, reading.as_utc, reading.latest))


def _number_id(field: Field, reading: Reading) -> Cleaning:
    name = f"t_{field.name}"
    return Cleaning(f"r_{field.name}::VARCHAR", name, clean_text(field, reading).checks)


def _whole_count(field: Field, _reading: Reading) -> Cleaning:
    value = f"TRY_CAST(t_{field.name} AS BIGINT)"
    return Cleaning(f"r_{field.name}", value, (*absence_checks(field), count_limits(field)))


def _cents_price(field: Field, _reading: Reading) -> Cleaning:
    value = f"TRY_CAST(t_{field.name} AS DECIMAL(18,2))"
    return Cleaning(f"r_{field.name}", value, (*absence_checks(field), price_limits(field)))


def _number(field: Field) -> str:
    return f"CASE WHEN NOT isnan(r_{field.name}) THEN r_{field.name} END"


def _float_id(field: Field, _reading: Reading) -> Cleaning:
    """An id that is a float only because the column has gaps: 123.0 is `123`."""
    name = f"t_{field.name}"
    value = f"CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS BIGINT)::VARCHAR END"
    fraction = f"{name} IS NOT NULL AND {field.name} IS NULL", MotivoLinha.NUMERO_INVALIDO
    return Cleaning(_number(field), value, (*absence_checks(field), fraction))


def _decimal_id(field: Field, _reading: Reading) -> Cleaning:
    """An id that is a decimal, as Oracle's numbers are: 123.00 is `123`."""
    text = f"regexp_replace(r_{field.name}::VARCHAR, '[.]0+$', '')"
    fraction = f"NOT regexp_full_match(t_{field.name}, '-?[0-9]+')", MotivoLinha.NUMERO_INVALIDO
    return Cleaning(text, f"t_{field.name}", (*absence_checks(field), fraction))


def _float_count(field: Field, _reading: Reading) -> Cleaning:
    name = f"t_{field.name}"
    fraction = f"{name} <> trunc({name})", MotivoLinha.NUMERO_INVALIDO
    checks = (*absence_checks(field), fraction, count_limits(field))
    return Cleaning(_number(field), f"TRY_CAST({name} AS BIGINT)", checks)


def _single_price(field: Field, _reading: Reading) -> Cleaning:
    name, cents = f"t_{field.name}", f"TRY_CAST(t_{field.name} AS DECIMAL(18,2))"
    value = f"CASE WHEN CAST({cents} AS FLOAT) = {name} THEN {cents} END"
    return Cleaning(_number(field), value, (*absence_checks(field), price_limits(field)))


def _double_price(field: Field, _reading: Reading) -> Cleaning:
    name, cents = f"t_{field.name}", f"TRY_CAST(t_{field.name} AS DECIMAL(18,2))"
    value = f"CASE WHEN abs(CAST({cents} AS DOUBLE) - {name}) < {NOISE} THEN {cents} END"
    return Cleaning(_number(field), value, (*absence_checks(field), price_limits(field)))


def _local_moment(field: Field, reading: Reading) -> Cleaning:
    local = f"TRY_CAST(t_{field.name} AS TIMESTAMP)"
    return moment(field, f"r_{field.name}", reading, local=local, aware="NULL")


def _utc_moment(field: Field, reading: Reading) -> Cleaning:
    utc = f"TRY_CAST(t_{field.name} AS TIMESTAMP)"
    return moment(field, f"r_{field.name}", reading, local="NULL::TIMESTAMP", aware=utc)


_CLEANERS: Final[Mapping[tuple[Stored, ColumnKind], Cleaner]] = {
    **{(Stored.TEXT, kind): clean_text for kind in ColumnKind},
    **{(Stored.EXACT, kind): _exact for kind in (ColumnKind.COUNT, ColumnKind.PRICE)},
    (Stored.EXACT, ColumnKind.ID): _decimal_id,
    (Stored.WHOLE, ColumnKind.ID): _number_id,
    (Stored.WHOLE, ColumnKind.COUNT): _whole_count,
    (Stored.WHOLE, ColumnKind.PRICE): _cents_price,
    (Stored.WHOLE, ColumnKind.STATE): clean_text,
    (Stored.CENTS, ColumnKind.ID): _decimal_id,
    (Stored.CENTS, ColumnKind.COUNT): _float_count,
    (Stored.CENTS, ColumnKind.PRICE): _cents_price,
    (Stored.SINGLE, ColumnKind.ID): _float_id,
    (Stored.DOUBLE, ColumnKind.ID): _float_id,
    (Stored.SINGLE, ColumnKind.COUNT): _float_count,
    (Stored.DOUBLE, ColumnKind.COUNT): _float_count,
    (Stored.SINGLE, ColumnKind.PRICE): _single_price,
    (Stored.DOUBLE, ColumnKind.PRICE): _double_price,
    (Stored.LOCAL, ColumnKind.MOMENT): _local_moment,
    (Stored.UTC, ColumnKind.MOMENT): _utc_moment,
}

_types = pa.types
_STORED: Final[tuple[tuple[Callable[[pa.DataType], bool], Stored], ...]] = (
    (_types.is_string, Stored.TEXT),
    (_types.is_large_string, Stored.TEXT),
    (_types.is_binary, Stored.TEXT),
    (_types.is_large_binary, Stored.TEXT),
    (_types.is_string_view, Stored.TEXT),
    (_types.is_binary_view, Stored.TEXT),
    (_types.is_integer, Stored.WHOLE),
    (lambda kind: _types.is_decimal128(kind) and 0 <= kind.scale <= 2, Stored.CENTS),
    (_types.is_decimal, Stored.EXACT),
    (_types.is_float64, Stored.DOUBLE),
    (_types.is_float32, Stored.SINGLE),
    (_types.is_date, Stored.LOCAL),
    (lambda kind: _types.is_timestamp(kind) and kind.tz is None, Stored.LOCAL),
    (_types.is_timestamp, Stored.UTC),
    (_types.is_null, Stored.TEXT),
)


def stored(kind: pa.DataType) -> Stored | None:
    """How a column of this type is stored; None where no column of ours may have it."""
    if _types.is_dictionary(kind):
        return stored(kind.value_type)
    return next((result for test, result in _STORED if test(kind)), None)


def cleaner(how: Stored, kind: ColumnKind) -> Cleaner | None:
    """None where a column of this kind cannot be stored so, like a price as a date."""
    return _CLEANERS.get((how, kind))
