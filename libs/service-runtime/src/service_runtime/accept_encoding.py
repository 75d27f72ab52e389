"""Decides by `Accept-Encoding` whether to send a file compressed (RFC 9110, 12.5.3)."""

import re
from typing import Final

_GZIP: Final = ("gzip", "x-gzip", "*")
_IDENTITY: Final = ("identity", "*")
_WEIGHT: Final = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


def prefers_gzip(accept_encoding: str) -> bool:
    """Whether gzip is allowed and preferred no less than the plain form.

    A request that allows neither gets the plain form, as one without the header does.
    """
    weights = _weights(accept_encoding)
    gzip = _first_weight(weights, _GZIP, default=0.0)
    return gzip > 0 and gzip >= _first_weight(weights, _IDENTITY, default=0.0)


def _weights(accept_encoding: str) -> dict[str, float]:
    """The weight of each coding; an invalid weight counts as 0."""
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


def _first_weight(weights: dict[str, float], names: tuple[str, ...], *, default: float) -> float:
    return next((weights[name] for name in names if name in weights), default)
