import pytest

from service_runtime.query import repeated_parameters, without_trackers


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        (b"", []),
        (b"a=1&b=1", []),
        (b"a=1&a=1", ["a"]),
        (b"b=&a&b&c=1&a=2", ["a", "b"]),
        (b"%61=1&a=2", ["a"]),
        (b"&&", []),
        (b"utm_source=a&utm_source=b&_=1&_=2&a=1", []),
    ],
)
def test_repeated(query_string: bytes, expected: list[str]) -> None:
    assert repeated_parameters(query_string) == expected


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        (b"", b""),
        (
            b"inicio=2025-05-14&utm_medium=email&fim=2025-05-15&_=17",
            b"inicio=2025-05-14&fim=2025-05-15",
        ),
        (b"fbclid=x&gclid=y", b""),
        (b"%75tm_x=1&a=%26utm_x", b"a=%26utm_x"),
        (b"x=1", b"x=1"),
    ],
)
def test_trackers(query_string: bytes, expected: bytes) -> None:
    assert without_trackers(query_string) == expected
