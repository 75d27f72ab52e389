import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_producer.gunzip import Gunzip
from event_producer.refusal import MAX_BODY_BYTES, RefusedError


def unpack(packed: bytes, *, piece: int = 1 << 16) -> bytes:
    gunzip = Gunzip()
    data = [gunzip.feed(packed[i : i + piece]) for i in range(0, len(packed), piece)]
    gunzip.end()
    return b"".join(data)


@given(st.binary(max_size=3000), st.integers(1, 50))
def test_what_was_packed_comes_out(data: bytes, piece: int) -> None:
    assert unpack(gzip.compress(data), piece=piece) == data


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a": 1}', id="not gzip"),
        pytest.param(zlib.compress(b"x"), id="zlib"),
        pytest.param(gzip.compress(b"x" * 999)[:-1], id="truncated"),
        pytest.param(gzip.compress(b"x")[:-5] + b"\0\0\0\0\1", id="wrong checksum"),
        pytest.param(gzip.compress(b"x") + b"more", id="more after its end"),
    ],
)
@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_broken(broken: bytes, piece: int) -> None:
    with pytest.raises(RefusedError) as error:
        unpack(broken, piece=piece)
    assert error.value.status == 400


def test_the_largest_body() -> None:
    assert len(unpack(gzip.compress(bytes(MAX_BODY_BYTES)))) == MAX_BODY_BYTES


def test_a_bomb_is_never_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(300)) + bomb.flush()
    assert len(packed) < MAX_BODY_BYTES
    gunzip = Gunzip()
    with pytest.raises(RefusedError) as error:
        gunzip.feed(packed)
    assert error.value.status == 413
