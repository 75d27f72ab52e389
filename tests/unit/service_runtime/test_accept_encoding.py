import pytest

from service_runtime.accept_encoding import prefers_gzip


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, identity", False),
        ("gzip ; Q=0.5", True),
        ("gzipped", False),
        ("br", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip, *;q=0", True),
        ("identity;q=0", False),
        ("identity;q=0, gzip;q=0.1", True),
        ("identity;q=0, *", True),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=2", False),
        ("gzip;q=", False),
        ("gzip;level=9", False),
        (",, gzip ,", True),
    ],
)
def test_preference(accept_encoding: str, expected: bool) -> None:
    assert prefers_gzip(accept_encoding) is expected
