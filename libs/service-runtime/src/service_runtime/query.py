"""Checks and cleans a query string before its values are read."""

from collections import Counter
from typing import Final
from urllib.parse import unquote_plus

_TRACKERS: Final = {
    *("_", "_ga", "_gl", "_hsenc", "_hsmi", "dclid", "fbclid", "gad_campaignid", "gad_source"),
    *("gbraid", "gclid", "gclsrc", "igshid", "li_fat_id", "mc_cid", "mc_eid", "msclkid"),
    *("srsltid", "ttclid", "twclid", "wbraid", "yclid"),
}
_TRACKER_PREFIX: Final = "utm_"


def without_trackers(query_string: bytes) -> bytes:
    """The query string without the parameters that advertisers, mailings and cache busters add."""
    pairs = query_string.split(b"&")
    names = _names(query_string)
    if not any(map(_is_tracker, names)):
        return query_string
    return b"&".join(pair for pair, name in zip(pairs, names, strict=True) if not _is_tracker(name))


def repeated_parameters(query_string: bytes) -> list[str]:
    """The names that are there more than once, except trackers': which value counts is unknown."""
    if b"&" not in query_string:
        return []
    names = _names(query_string)
    if len(set(names)) == len(names):
        return []
    counts = Counter(name for name in names if name and not _is_tracker(name))
    return sorted(name for name, times in counts.items() if times > 1)


def _is_tracker(name: str) -> bool:
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIX)


def _names(query_string: bytes) -> list[str]:
    """The name of each pair, empty where there is none."""
    names = [pair.partition("=")[0] for pair in query_string.decode("latin-1").split("&")]
    is_plain = b"%" not in query_string and b"+" not in query_string
    return names if is_plain else [unquote_plus(name) for name in names]
