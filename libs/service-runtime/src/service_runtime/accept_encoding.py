"""Which form of a file the `Accept-Encoding` of a request asks for (RFC 9110, 12.5.3)."""

import re
from typing import Final

_GZIP: Final = ("gzip", "x-gzip", "*")
_IDENTITY: Final = ("identity", "*")
_WEIGHT: Final = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def prefers_gzip(accept_encoding: str) -> bool:
    """Whether gzip is allowed and wanted no less than the plain form.

    A request that allows neither gets the plain form, as one that names no encoding.
    """
    weights = _weights(accept_encoding)
    gzip = _first(weights, _GZIP, default=0.0)
    return gzip > 0 and gzip >= _first(weights, _IDENTITY, default=0.0)


def _weights(accept_encoding: str) -> dict[str, float]:
    """What is wanted how much; a weight that is none of HTTP's is as none at all: 0."""
    weights: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        weights[coding] = _weight(parameters)
    return weights


def _weight(parameters: list[str]) -> float:
    if not parameters:
        return 1.0
    name, _, value = parameters[0].partition("=")
    return float(value) if name == "q" and _WEIGHT.fullmatch(value) else 0.0


def _first(weights: dict[str, float], names: tuple[str, ...], *, default: float) -> float:
    return next((weights[name] for name in names if name in weights), default)
