import pytest

from service_runtime.prepared import Prepared, has_it


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ('"x"', True),
        ('W/"x"', True),
        ('"a", "x"', True),
        ("*", True),
        ('"a"', False),
        ("", False),
    ],
)
def test_has_it(header: str | None, expected: bool) -> None:
    assert has_it(header, '"x"') is expected


def test_the_same_bytes_have_the_same_strong_etag() -> None:
    assert Prepared.of(b"a").etag == Prepared.of(b"a").etag != Prepared.of(b"b").etag
    assert Prepared.of(b"a").etag.startswith('"')
