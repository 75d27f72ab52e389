"""Plain records of `eventos_clientes`, read by msgspec and checked as columns.

It vouches for a record only where `decode_evento` surely says the same. What it does not know it
leaves to that decoder, so that a check here may be too strict and never too lax.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta
from numpy.typing import NDArray

from event_contracts.evento import (
    MAX_QUANTIDADE,
    MAX_VERSAO,
    OF_A_SALE,
    PRICE_PATTERN,
    SALE_FIELDS,
    TipoEvento,
    is_price,
    price_of,
)
from event_contracts.identity import identity_of
from event_contracts.record import MAX_AHEAD, OLDEST, as_utc, exact_number
from event_contracts.texts import ENDS_OF_NOTHING, LONGEST_WORD, MAX_TEXT_BYTES, NOTHING_IN_ASCII
from stream_processor.plain_json import count_commas
from stream_processor.rows import MONEY, in_cents

Mask = NDArray[np.bool_]

_HEX: Final = b"0123456789abcdef"
_UUID_SHAPE: Final = b"00000000-0000-0000-0000-000000000000"
_SHAPES: Final = bytes.maketrans(_HEX, b"0" * len(_HEX))
_NIL: Final = _UUID_SHAPE.decode()
_SHORTEST_MOMENT: Final = len("2025-05-14T19:16:00")
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,7})(?:\.[0-9]{1,2})?"
_is_plain_price: Final = re.compile(rf'"{PRICE_PATTERN}"|{_NUMBER}'.encode()).fullmatch
_TEXTS: Final = ("id_usuario", "id_produto", "id_pedido", "id_sessao")

# A character of a plain record is a byte.
_Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_BYTES)]
_ABSENT: Final = msgspec.Raw(b"null")


class _Fields(msgspec.Struct, frozen=True, gc=False):
    """As `Evento` and as strict, but for what is checked as columns: two texts and the price."""

    id_usuario: _Text
    tipo_evento: TipoEvento
    id_produto: _Text
    timestamp: str
    id_evento: _Text | None = None
    id_pedido: _Text | None = None
    quantidade: Annotated[int, Meta(ge=1, le=MAX_QUANTIDADE)] | None = None
    preco: msgspec.Raw = _ABSENT
    id_sessao: _Text | None = None
    versao: Annotated[int, Meta(ge=0, le=MAX_VERSAO)] | None = None
    enviado_em: None = None


_read: Final = msgspec.json.Decoder(_Fields).decode
_read_number: Final = msgspec.json.Decoder(float_hook=exact_number).decode
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError)
_TOO_OLD: Final = _Fields("-", TipoEvento.CLIQUE, "-", timestamp="1970-01-01T00:00:00")

_MICROS: Final = pa.timestamp("us")
_SALES: Final = pa.array([str(tipo) for tipo in OF_A_SALE])
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = int(OLDEST.timestamp()) * 1_000_000
_LATEST_RECEIPT: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_AHEAD: Final = MAX_AHEAD // timedelta(microseconds=1)
_BLANK: Final = ord(" ")
_ENDS_OF_NOTHING: Final = np.isin(np.arange(256), list(ENDS_OF_NOTHING.encode()))


def decode_plain(
    values: pa.BinaryArray, received_at: NDArray[np.int64]
) -> tuple[Mask, dict[str, pa.Array]]:
    """Which of some plain records are good events, and the fields of all by name.

    `received_at` is in microseconds. Fields of a record that is not certainly valid mean nothing.
    """
    raws = values.to_pylist()
    events, all_read = _events(raws)
    columns = _columns(events)
    columns["preco"], certainly_valid = _prices(events)
    if not (all_read and _have_only_their_fields(values, columns)):
        certainly_valid &= np.fromiter(map(_has_each_text_once, raws), np.bool_, len(raws))
    certainly_valid &= _names_something([columns[name] for name in _TEXTS])
    certainly_valid &= _identify(columns)
    columns["timestamp"] = _moments(columns["timestamp"])
    certainly_valid &= _are_timely(columns["timestamp"], received_at)
    certainly_valid &= _are_whole(columns)
    return certainly_valid, columns


def _events(raws: list[bytes]) -> tuple[list[_Fields], bool]:
    """What the records hold, and whether all could be read."""
    try:
        return list(map(_read, raws)), True
    except _UNREADABLE:
        return list(map(_event, raws)), False


def _event(raw: bytes) -> _Fields:
    try:
        return _read(raw)
    except _UNREADABLE:
        return _TOO_OLD


def _columns(events: list[_Fields]) -> dict[str, pa.Array]:
    """All but the price."""
    text, number = pa.string(), pa.int32()
    return {
        "id_usuario": pa.array([event.id_usuario for event in events], text),
        "tipo_evento": pa.array([event.tipo_evento for event in events], text),
        "id_produto": pa.array([event.id_produto for event in events], text),
        "timestamp": pa.array([event.timestamp for event in events], text),
        "id_evento": pa.array([event.id_evento for event in events], text),
        "id_pedido": pa.array([event.id_pedido for event in events], text),
        "quantidade": pa.array([event.quantidade for event in events], number),
        "id_sessao": pa.array([event.id_sessao for event in events], text),
        "versao": pa.array([event.versao for event in events], number),
    }


def _prices(events: list[_Fields]) -> tuple[pa.Decimal128Array, Mask]:
    """The prices as a column, and where there is none or a good one."""
    tokens = [None if event.preco is _ABSENT else bytes(event.preco) for event in events]
    if all(map(_is_plain_price, filter(None, tokens))):
        texts = pc.ascii_trim(pa.array(tokens, pa.string()), '"')
        return texts.cast(MONEY), np.ones(len(events), np.bool_)
    prices = [(True, None) if token is None else _price(token) for token in tokens]
    good, cents = zip(*prices, strict=True)
    return pa.array(cents, MONEY), np.array(good)


def _price(token: bytes) -> tuple[bool, Decimal | None]:
    try:
        value = _read_number(token)
        price = None if value is None else price_of(value)
    except ValueError:
        return False, None
    if price is None or is_price(price):
        return True, None if price is None else in_cents(price)
    return False, None


def _have_only_their_fields(values: pa.BinaryArray, columns: dict[str, pa.Array]) -> bool:
    """Whether no record has a key twice, an unknown one or null: each needs one more comma."""
    filled = sum(len(column) - column.null_count for column in columns.values())
    return count_commas(values) == int(filled) - len(values)


def _has_each_text_once(raw: bytes) -> bool:
    """Whether no key occurs twice: `Evento` may refuse its first value, which is not seen here."""
    return raw.count(b'"timestamp"') == 1 and raw.count(b'"preco"') <= 1


def _names_something(columns: Sequence[pa.StringArray]) -> Mask:
    """The rows of which no text is a word for a missing value."""
    columns = [column for column in columns if column.null_count < len(column)]
    texts = pa.concat_arrays(columns)
    _, offsets, content = texts.buffers()
    edges, letters = np.frombuffer(offsets, np.int32), np.frombuffer(content, np.uint8)
    sizes = edges[1:] - edges[:-1]
    suspect = _ENDS_OF_NOTHING.take(letters.take(edges[1:] - 1)) & (sizes > 0)
    if not (letters == _BLANK).any():
        suspect &= sizes <= LONGEST_WORD
    mask = np.ones(len(texts), np.bool_)
    if suspect.any():
        nothing = pc.match_substring_regex(texts.filter(pa.array(suspect)), NOTHING_IN_ASCII)
        mask[suspect] = ~nothing.to_numpy(zero_copy_only=False)
    every: Mask = np.logical_and.reduce(mask.reshape(len(columns), -1))
    return every


def _identify(columns: dict[str, pa.Array]) -> Mask:
    """Make the columns of each `identity_of`. Where there is none, or one that names an event."""
    texts = columns["id_evento"]
    content = _content(texts)
    if _are_written_uuids(texts, content):
        columns["id_evento_original"] = pa.nulls(len(texts), pa.string())
        return _are_not_nil(texts) if _UUID_SHAPE in content else np.ones(len(texts), np.bool_)
    found = [text and identity_of(text) for text in texts.to_pylist()]
    ids = pa.array([each and each.id_evento for each in found], pa.string())
    originals = [each and each.original for each in found]
    columns |= {"id_evento": ids, "id_evento_original": pa.array(originals, pa.string())}
    named: Mask = _names_something([texts]) & _are_not_nil(ids)
    return named


def _are_written_uuids(texts: pa.StringArray, content: bytes) -> bool:
    """Whether all that there are look as `str` writes a UUID."""
    filled = len(texts) - texts.null_count
    are_alike = content.translate(_SHAPES) == _UUID_SHAPE * filled
    return are_alike and not (filled and _sizes(texts).max() > len(_UUID_SHAPE))


def _are_not_nil(ids: pa.StringArray) -> Mask:
    mask: Mask = pc.not_equal(ids, _NIL).fill_null(True).to_numpy(zero_copy_only=False)
    return mask


def _content(texts: pa.StringArray) -> bytes:
    data = texts.buffers()[2]
    return data.to_pybytes() if data else b""


def _moments(texts: pa.StringArray) -> pa.TimestampArray:
    """The moments in UTC. Arrow parses the whole array where all have the usual form."""
    naive = pc.ascii_rtrim(texts, "Z")
    sizes = _sizes(naive)
    if sizes.min() >= _SHORTEST_MOMENT and (_sizes(texts) - sizes).max() <= 1:
        with suppress(pa.ArrowInvalid):
            return naive.cast(_MICROS)
    moments = [_moment(text) for text in texts.to_pylist()]
    return pa.array(moments, pa.timestamp("us", tz="UTC")).cast(_MICROS)


def _moment(text: str) -> datetime:
    """As `Evento` has it; one that is too old where it has none."""
    try:
        return as_utc(msgspec.convert(text, datetime)) or _EPOCH
    except msgspec.ValidationError:
        return _EPOCH


def _sizes(texts: pa.StringArray) -> NDArray[np.int32]:
    _, offsets, _ = texts.buffers()
    sizes: NDArray[np.int32] = np.diff(np.frombuffer(offsets, np.int32)[: len(texts) + 1])
    return sizes


def _are_timely(moments: pa.TimestampArray, received_at: NDArray[np.int64]) -> Mask:
    micros = moments.view(pa.int64()).to_numpy()
    known = (received_at >= 0) & (received_at < _LATEST_RECEIPT)
    timely: Mask = known & (micros >= _EARLIEST) & (micros <= received_at + _AHEAD)
    return timely


def _are_whole(columns: dict[str, pa.Array]) -> Mask:
    """The rows that are no sale or have all fields of a sale."""
    is_sale = pc.is_in(columns["tipo_evento"], _SALES).to_numpy(zero_copy_only=False)
    whole: Mask = np.logical_and.reduce([_present(columns[name]) for name in SALE_FIELDS])
    whole |= ~is_sale
    return whole


def _present(column: pa.Array) -> Mask:
    mask: Mask = column.is_valid().to_numpy(zero_copy_only=False)
    return mask
