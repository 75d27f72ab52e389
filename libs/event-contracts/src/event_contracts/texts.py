"""The texts that an id may hold. The decoder checks by the patterns that the JSON schema shows."""

import re
from collections.abc import Iterable
from itertools import product
from typing import Any, Final

from msgspec import Meta

from event_contracts.rejection import Motivo, Rejeicao, out_of_range

MAX_TEXT_BYTES: Final = 128

_CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_BLANKS: Final = r" \u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff"


def _members(ranges: str) -> str:
    """The characters of a class of the Basic Multilingual Plane."""
    return "".join(re.findall(f"[{ranges}]", "".join(map(chr, range(0x10000)))))


CONTROLS: Final = _members(_CONTROLS)
"""Every character that no text may hold."""
BLANKS: Final = _members(_BLANKS)
"""Every character of which a text may not consist alone."""
NO_VALUES: Final = ("undefined", "null", "[object Object]")
"""Texts that programs write for a missing value, in upper or lower case."""
NO_NUMBER: Final = "NaN"
"""In this case alone: a shop may sell `nan`, which is bread."""


def any_case(text: str) -> str:
    """A pattern for a text in upper and lower case; JSON Schema knows no flags."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else re.escape(c) for c in text)


_WORDS: Final = "|".join((NO_NUMBER, *(any_case(word).replace(r"\ ", " ") for word in NO_VALUES)))
_STORABLE: Final = f"[^{_CONTROLS}]*"
_NOTHING: Final = f"[{_BLANKS}]*(?:{_WORDS})?[{_BLANKS}]*"

TEXT_SCHEMA: Final[dict[str, Any]] = {
    "minLength": 1,
    "maxLength": MAX_TEXT_BYTES,
    "pattern": f"^{_STORABLE}$",
    "not": {"pattern": f"^{_NOTHING}$"},
}
"""The JSON Schema of a text; it cannot say that the limit counts bytes."""


def text_meta(description: str) -> Meta:
    """What the schema says of a field that is such a text."""
    detail = f"at most {MAX_TEXT_BYTES} bytes, no control characters, no word for a missing value"
    return Meta(description=f"{description}; {detail}", extra_json_schema=TEXT_SCHEMA)


NOTHING_IN_ASCII: Final = f"^ *(?:{_WORDS})? *$"
"""As `_NOTHING`, for texts of printable ASCII."""
ENDS_OF_NOTHING: Final = " dDlLnN]"
"""What a text of printable ASCII that names nothing may end in."""
LONGEST_WORD: Final = max(map(len, NO_VALUES))
"""Without a blank, such a text is no longer."""

_BLANKLESS_NOTHINGS: Final = frozenset(
    "".join(letters)
    for word in ("", NO_NUMBER, *NO_VALUES)
    if " " not in word
    for letters in product(*({c.lower(), c.upper()} for c in word))
)

_is_storable: Final = re.compile(_STORABLE).fullmatch
_names_nothing: Final = re.compile(_NOTHING).fullmatch

_SIZE_DETAIL: Final = (
    f"expected 1 to {MAX_TEXT_BYTES} bytes without control characters or line separators"
)
_NOTHING_DETAIL: Final = "blank, or written for a value that is missing"


def text_problems(names: Iterable[str], texts: tuple[str | None, ...]) -> list[Rejeicao]:
    """The problems of texts that cannot be stored, are blank or mean a missing value (`null`).

    An absent text has none.
    """
    if _are_plain(texts):
        return []
    found = zip(names, texts, strict=True)
    return [p for name, text in found if text is not None and (p := _problem(name, text))]


def _are_plain(texts: tuple[str | None, ...]) -> bool:
    """Whether all texts are surely valid: most are, and one check of all together is cheap."""
    joined = "".join(filter(None, texts))
    return (
        joined.isascii()
        and joined.isprintable()
        and " " not in joined
        and _BLANKLESS_NOTHINGS.isdisjoint(texts)
        and (len(joined) <= MAX_TEXT_BYTES or max(map(len, filter(None, texts))) <= MAX_TEXT_BYTES)
    )


def _problem(name: str, text: str) -> Rejeicao | None:
    if not 0 < len(text.encode()) <= MAX_TEXT_BYTES or not _is_storable(text):
        return out_of_range(name, _SIZE_DETAIL)
    if _names_nothing(text):
        return names_nothing(name, _NOTHING_DETAIL)
    return None


def names_no_value(text: str) -> bool:
    """Whether a text is blank or a word that programs write for a missing value."""
    return _names_nothing(text) is not None


def names_nothing(name: str, detail: str) -> Rejeicao:
    """An id that many unlike things would share."""
    return Rejeicao(Motivo.IDENTIFICADOR_NULO, name, detail)


def cut_bytes(text: str, most: int) -> str:
    """As much of a text as fits into `most` bytes of UTF-8, in whole characters."""
    return text.encode()[:most].decode(errors="ignore")
