"""Which records are plain: printable ASCII without escapes, told by their bytes alone."""

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from event_contracts.record import MAX_RECORD_BYTES

_QUOTE, _BACKSLASH, _BRACE, _COMMA, _SPACE, _TILDE = b'"\\}, ~'
_SHORTEST: Final = len("{}")


class Screening(NamedTuple):
    """For each record whether it is plain, and how many quotation marks it has."""

    plain: NDArray[np.bool_]
    quotes: NDArray[np.uint16]


def screen(values: pa.BinaryArray) -> Screening:
    """A plain record ends in a brace with neither a comma nor a space before it, since DuckDB
    takes a comma after the last field. In it every quotation mark begins or ends a string.
    """
    offsets, data = _bytes_of(values)
    sizes = np.diff(offsets)
    plain = (sizes >= _SHORTEST) & (sizes <= MAX_RECORD_BYTES)
    quotes = np.zeros(len(sizes), np.uint16)
    if values.null_count:
        plain &= values.is_valid().to_numpy(zero_copy_only=False)
    if len(data) < _SHORTEST:
        return Screening(plain, quotes)
    ends = offsets[1:]
    before = data[ends - 2]
    plain &= (data[ends - 1] == _BRACE) & (before != _COMMA) & (before != _SPACE)
    plain[_rows_with_odd_bytes(data, ends)] = False
    filled = sizes > 0
    marks = (data == _QUOTE).view(np.uint8)
    quotes[filled] = np.add.reduceat(marks, offsets[:-1][filled], dtype=np.uint16)
    return Screening(plain, quotes)


def _bytes_of(values: pa.BinaryArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where each value begins and the last ends, and the bytes of them all."""
    _, starts, content = values.buffers()
    if not len(values) or starts is None or content is None:
        return np.zeros(len(values) + 1, np.int32), np.zeros(0, np.uint8)
    first = values.offset
    offsets = np.frombuffer(starts, np.int32)[first : first + len(values) + 1]
    data = np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def _rows_with_odd_bytes(data: NDArray[np.uint8], ends: NDArray[np.int32]) -> NDArray[np.intp]:
    if data.min() >= _SPACE and data.max() <= _TILDE and not (data == _BACKSLASH).any():
        return np.zeros(0, np.intp)
    odd = (data < _SPACE) | (data > _TILDE) | (data == _BACKSLASH)
    return np.searchsorted(ends, np.flatnonzero(odd), side="right")
