"""What a query string asks for, before anyone reads its values."""

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
    """The same without what advertisers, mailings and scripts against caches add to any URL."""
    pairs = query_string.split(b"&")
    return b"&".join(pair for pair in pairs if not _is_tracker(_name(pair)))


def repeated_parameters(query_string: bytes) -> list[str]:
    """The names that are there more than once, trackers aside: of two values nobody can say
    which is meant."""
    if not query_string:
        return []
    names = [_name(pair) for pair in query_string.split(b"&") if pair]
    if len(set(names)) == len(names):
        return []
    counts = Counter(name for name in names if not _is_tracker(name))
    return sorted(name for name, times in counts.items() if times > 1)


def _is_tracker(name: str) -> bool:
    return name in _TRACKERS or name.startswith(_TRACKER_PREFIX)


def _name(pair: bytes) -> str:
    return unquote_plus(pair.partition(b"=")[0].decode("latin-1"))
