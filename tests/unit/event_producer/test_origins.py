import pytest

from event_producer.origins import Origins


@pytest.mark.parametrize(
    ("setting", "origin", "allowed"),
    [
        ("loopback", "http://localhost:8080", True),
        ("loopback", "https://127.0.0.1", True),
        ("loopback", "http://[::1]:3000", True),
        ("loopback", "http://localhost.example", False),
        ("loopback", "https://loja.example", False),
        ("https://loja.example", "https://loja.example", True),
        ("https://loja.example", "http://loja.example", False),
        ("https://loja.example", "https://loja.example:8443", False),
        ("https://loja.example", "http://localhost", False),
        ("https://a.example, loopback", "http://localhost", True),
        ("", "http://localhost", False),
        ("loopback", "null", False),
        ("null", "null", True),
        ("*", "https://any.example", True),
    ],
)
def test_allowed(setting: str, origin: str, allowed: bool) -> None:
    assert Origins.parse(setting).allow(origin) is allowed


@pytest.mark.parametrize(
    "setting",
    ["https://loja.example/", "loja.example", "https://*.example", "https://Loja.example"],
)
def test_what_no_browser_would_send_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        Origins.parse(setting)
