from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_poller.origin import OriginError, is_allowed_host, is_public, redirected, resolve

BASE = "https://api.example/v1"


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("/estoque?a=1", "https://api.example/v1/estoque?a=1"),
        ("https://api.example/v2/x", "https://api.example/v2/x"),
        ("https://API.example:443/x", "https://API.example:443/x"),
    ],
)
def test_a_target_of_the_same_origin(target: str, url: str) -> None:
    assert resolve(BASE, target) == url


@pytest.mark.parametrize(
    "target",
    [
        "http://api.example/v1/x",
        "https://api.example:8443/x",
        "https://other.example/x",
        "https://api.example@other.example/x",
        "https://user@api.example/x",
        "https://api.example.other.example/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://api.example:port/x",
        "estoque",
        "",
    ],
)
def test_a_target_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(OriginError):
        resolve(BASE, target)


@pytest.mark.parametrize(
    ("location", "url"),
    [("/x", "https://api.example/x"), ("y?b=2", "https://api.example/v1/y?b=2")],
)
def test_a_redirect_within_the_origin(location: str, url: str) -> None:
    assert redirected("https://api.example/v1/z", location) == url


@pytest.mark.parametrize("location", ["//other.example/x", "http://api.example/x"])
def test_a_redirect_elsewhere_is_refused(location: str) -> None:
    with pytest.raises(OriginError):
        redirected(BASE, location)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "no address",
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_written(address: IPv4Address) -> None:
    plain = is_public(str(address))
    assert is_public(f"::ffff:{address}") == plain
    assert is_public(f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}") == plain


@pytest.mark.parametrize(
    ("url", "allow_private", "allowed"),
    [
        pytest.param("https://127.0.0.1/x", False, False, id="loopback"),
        pytest.param("https://[::1]/x", False, False, id="loopback of IPv6"),
        pytest.param("https://127.0.0.1/x", True, True, id="allowed"),
        pytest.param("https://api.example/x", False, True, id="a name is looked up later"),
    ],
)
def test_a_host_that_is_an_address(url: str, allow_private: bool, allowed: bool) -> None:
    assert is_allowed_host(url, allow_private=allow_private) is allowed
