"""Which records are plain: printable ASCII without escapes, told by their bytes alone."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from event_contracts.record import MAX_RECORD_BYTES

_BACKSLASH, _COMMA, _SPACE, _TILDE = b"\\, ~"


def are_plain(values: pa.BinaryArray) -> NDArray[np.bool_]:
    """A text in a plain record is what stands between its quotation marks."""
    offsets, data = _bytes_of(values)
    plain = np.diff(offsets) <= MAX_RECORD_BYTES
    if values.null_count:
        plain &= values.is_valid().to_numpy(zero_copy_only=False)
    plain[_rows_with_odd_bytes(data, offsets[1:])] = False
    return plain


def count_commas(values: pa.BinaryArray) -> int:
    """The number of commas in all records together."""
    _, data = _bytes_of(values)
    return int(np.count_nonzero(data == _COMMA))


def _bytes_of(values: pa.BinaryArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The offset of each value and of the end, and the bytes of all values."""
    _, starts, content = values.buffers()
    if not len(values) or starts is None or content is None:
        return np.zeros(len(values) + 1, np.int32), np.zeros(0, np.uint8)
    first = values.offset
    offsets = np.frombuffer(starts, np.int32)[first : first + len(values) + 1]
    data = np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def _rows_with_odd_bytes(data: NDArray[np.uint8], ends: NDArray[np.int32]) -> NDArray[np.intp]:
    within = data.min(initial=_TILDE) >= _SPACE and data.max(initial=_SPACE) <= _TILDE
    if within and not (data == _BACKSLASH).any():
        return np.zeros(0, np.intp)
    odd = (data < _SPACE) | (data > _TILDE) | (data == _BACKSLASH)
    return np.searchsorted(ends, np.flatnonzero(odd), side="right")
