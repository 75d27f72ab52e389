"""Which URLs and addresses a source may be asked at."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit

from service_runtime.errors import PermanentError

_PORTS: Final = {"http": 80, "https": 443}


class OriginError(PermanentError):
    """A link or a redirect that leads to another origin, or to an address that is not allowed."""


def resolve(base: str, target: str) -> str:
    """The URL of a request's target. OriginError where it has another origin than `base`."""
    url = base.rstrip("/") + target if target.startswith("/") else target
    return _same_origin(base, url)


def redirected(url: str, location: str) -> str:
    """Where a redirect leads. OriginError where that is another origin."""
    try:
        return _same_origin(url, urljoin(url, location))
    except ValueError as error:
        raise OriginError("a redirect leads to no URL and is not followed") from error


def _same_origin(base: str, url: str) -> str:
    try:
        same = _origin(base) == _origin(url)
    except ValueError:
        same = False
    if not same:
        raise OriginError("a link leads to another origin and is not followed")
    return url


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    if parts.username is not None:
        raise ValueError("a name in a URL")
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def is_public(address: str) -> bool:
    """Whether it is an address of the internet: not loopback, private, link-local, shared,
    multicast or reserved, also when written as IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _is_public(found)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour or _nat64(address)
        if embedded is not None:
            return _is_public(embedded)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _nat64(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address in `64:ff9b::/96`."""
    number = int(address)
    return IPv4Address(number & 0xFFFFFFFF) if number >> 32 == 0x64FF9B << 64 else None


def is_allowed_host(url: str, *, allow_private: bool) -> bool:
    """False for a URL whose host is an address that is not allowed; a name is resolved later."""
    host = urlsplit(url).hostname or ""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return allow_private or is_public(host)
