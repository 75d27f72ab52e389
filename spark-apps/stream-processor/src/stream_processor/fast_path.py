"""Plain records of `eventos_clientes`, decoded by DuckDB and checked as columns.

It vouches for a record only where `decode_evento` surely says the same. What it does not know it
leaves to that decoder, so that a check here may be too strict and never too lax.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from event_contracts.evento import OF_A_SALE, SALE_FIELDS, TipoEvento
from event_contracts.record import MAX_AHEAD, MAX_TEXT_BYTES, OLDEST

Mask = NDArray[np.bool_]

# As JSON a text keeps its quotation marks and a number its digits, so that the types are seen.
_QUOTED: Final = ("id_usuario", "id_produto", "id_pedido", "id_sessao")
_NUMBERS: Final = ("quantidade", "preco", "versao")
_OTHERS: Final = ("tipo_evento", "timestamp", "id_evento")
_FIELDS: Final = dict.fromkeys(_QUOTED + _NUMBERS, "JSON") | dict.fromkeys(_OTHERS, "VARCHAR")
_REQUIRED: Final = ("id_usuario", "tipo_evento", "id_produto", "timestamp")

_TRANSFORM: Final = f"json_transform(value, '{json.dumps(_FIELDS)}')"
_ALL_JSON: Final = f"SELECT {_TRANSFORM} AS fields FROM records"
_ANY_TEXT: Final = (
    f"SELECT CASE WHEN json_valid(value) THEN {_TRANSFORM} END AS fields FROM records"
)

_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
# Exactly the days there are from 2000 to 2099, since Arrow refuses a whole column for one other.
_DAY: Final = (
    r"(?:20\d\d-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))|20(?:[02468][048]|[13579][26])-02-29)"
)
_MOMENT: Final = rf"^{_DAY}[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,6}})?Z?$"
_QUANTIDADE: Final = r"^[1-9]\d{0,5}$"
_VERSAO: Final = r"^(?:0|[1-9]\d{0,8})$"
_PRICE: Final = r"(?:0|[1-9]\d{0,7})(?:\.\d{1,2})?"
# Read from the record, since a number in JSON has become a double on its way through DuckDB.
_SENT_PRICE: Final = rf'"preco" *: *(?:{_PRICE}|"{_PRICE}") *[,}}]'

_TYPES: Final = pa.array([str(tipo) for tipo in TipoEvento])
_SALES: Final = pa.array([str(tipo) for tipo in OF_A_SALE])
_MICROS: Final = pa.timestamp("us")
_EARLIEST: Final = int(OLDEST.timestamp()) * 1_000_000
_LATEST_RECEIPT: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_AHEAD: Final = MAX_AHEAD // timedelta(microseconds=1)


def decode_plain(
    values: pa.StringArray, *, quotes: NDArray[np.uint16], received_at: NDArray[np.int64]
) -> tuple[Mask, dict[str, pa.Array]]:
    """Which of some plain records are good events, and the fields of all by name.

    `received_at` is in microseconds. Fields of a record that is not vouched for mean nothing.
    """
    fields = _fields(values)
    columns = {
        **{name: _texts(fields[name]) for name in _QUOTED},
        "tipo_evento": _kept(fields["tipo_evento"], pc.is_in(fields["tipo_evento"], _TYPES)),
        "timestamp": _moments(fields["timestamp"]),
        "id_evento": _matching(fields["id_evento"], _UUID),
        "quantidade": _matching(fields["quantidade"], _QUANTIDADE).cast(pa.int32()),
        "preco": _prices(values, fields["preco"]),
        "versao": _matching(fields["versao"], _VERSAO).cast(pa.int32()),
    }
    present = {name: _present(column) for name, column in columns.items()}
    vouched = (
        np.logical_and.reduce([present[name] == _present(fields[name]) for name in fields])
        & np.logical_and.reduce([present[name] for name in _REQUIRED])
        & (quotes == _quotes_of(present) + 2 * _is_quoted(fields["preco"]))
        & (_is_no_sale(fields) | np.logical_and.reduce([present[name] for name in SALE_FIELDS]))
        & _is_timely(columns["timestamp"], received_at)
    )
    return vouched, columns


def _fields(values: pa.StringArray) -> dict[str, pa.StringArray]:
    connection = _connection()
    connection.register("records", pa.table({"value": values}))
    try:
        table = connection.sql(_ALL_JSON).to_arrow_table()
    except duckdb.InvalidInputException:
        table = connection.sql(_ANY_TEXT).to_arrow_table()
    finally:
        connection.unregister("records")
    chunks = table.column("fields").chunks
    fields = chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
    return dict(zip(_FIELDS, fields.flatten(), strict=True))


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One for the life of a Python worker, made after Spark has forked it."""
    return duckdb.connect(config={"threads": 1, "autoload_known_extensions": False})


def _kept(column: pa.Array, mask: pa.BooleanArray) -> pa.Array:
    """The column with null where the mask does not hold."""
    return pc.if_else(mask, column, pa.scalar(None, column.type))


def _matching(column: pa.StringArray, pattern: str) -> pa.StringArray:
    return _kept(column, pc.match_substring_regex(column, pattern))


def _texts(column: pa.StringArray) -> pa.StringArray:
    """What lies between the quotation marks; null where there are none or it is too long."""
    size = pc.binary_length(column)
    fits = pc.and_(pc.greater(size, 2), pc.less_equal(size, MAX_TEXT_BYTES + 2))
    texts = _kept(column, pc.and_(fits, pc.starts_with(column, '"')))
    return pc.binary_slice(texts.cast(pa.binary()), 1, -1).view(pa.string())


def _moments(column: pa.StringArray) -> pa.TimestampArray:
    return pc.ascii_rtrim(_matching(column, _MOMENT), "Z").cast(_MICROS)


def _prices(values: pa.StringArray, column: pa.StringArray) -> pa.Decimal128Array:
    sent = _present(column)
    sent[sent] = _holds(pc.match_substring_regex(values.filter(pa.array(sent)), _SENT_PRICE))
    prices = _matching(_kept(column, pa.array(sent)), rf'^"?{_PRICE}"?$')
    return pc.ascii_trim(prices, '"').cast(pa.decimal128(18, 2))


def _present(column: pa.Array) -> Mask:
    mask: Mask = np.array(column.is_valid())
    return mask


def _holds(mask: pa.BooleanArray) -> Mask:
    held: Mask = mask.fill_null(False).to_numpy(zero_copy_only=False)
    return held


def _is_quoted(column: pa.StringArray) -> Mask:
    return _holds(pc.starts_with(column, '"'))


def _quotes_of(present: dict[str, Mask]) -> NDArray[np.int64]:
    """Two for each key and two for each text. Where a record has no more than these, no key
    stands in it twice, none is unknown and none has null.
    """
    marks = np.zeros(len(next(iter(present.values()))), np.int64)
    for name, mask in present.items():
        marks += mask * (2 if name in _NUMBERS else 4)
    return marks


def _is_no_sale(fields: dict[str, pa.StringArray]) -> Mask:
    return ~_holds(pc.is_in(fields["tipo_evento"], _SALES))


def _is_timely(moments: pa.TimestampArray, received_at: NDArray[np.int64]) -> Mask:
    micros = moments.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    known = (received_at >= 0) & (received_at < _LATEST_RECEIPT)
    timely: Mask = known & (micros >= _EARLIEST) & (micros <= received_at + _AHEAD)
    return timely
