"""The identity of events: every `id_evento` as a UUID, so that repeats are found."""

import re
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from event_contracts.rejection import Rejeicao
from event_contracts.texts import TEXT_SCHEMA, any_case, names_nothing

NAMESPACE: Final = UUID("43c56429-4d88-4c47-87f7-d54555f8cb92")
"""The namespace of the version 5 UUIDs (RFC 9562) that replace ids that are no UUIDs."""


def _spellings(digit: str) -> str:
    """A pattern for all ways to write a UUID of such digits."""
    plain = f"{digit}{{32}}"
    parted = "-".join(f"{digit}{{{length}}}" for length in (8, 4, 4, 4, 12))
    return rf"{plain}|(?:{any_case('urn:uuid:')})?{parted}|\{{(?:{plain}|{parted})\}}"


_NIL: Final = _spellings("0")
_is_nil: Final = re.compile(_NIL).fullmatch
_is_uuid: Final = re.compile(_spellings("[0-9A-Fa-f]")).fullmatch
_ENDS_OF_NIL: Final = "0}"

ID_SCHEMA: Final[dict[str, Any]] = {
    **TEXT_SCHEMA,
    "not": {"anyOf": [TEXT_SCHEMA["not"], {"pattern": f"^(?:{_NIL})$"}]},
}


class Identity(NamedTuple):
    """A UUID as `str` writes it, and the text that it was made of if that was no UUID."""

    id_evento: str
    original: str | None


def identity_of(text: str) -> Identity:
    """The same UUID for every spelling of one, a version 5 UUID for any other text."""
    if _is_uuid(text):
        return Identity(str(UUID(text.lower())), None)
    return Identity(str(uuid5(NAMESPACE, text)), text)


def event_identity(text: str | None, *, topic: str, partition: int, offset: int) -> Identity:
    """`identity_of` an event's id or, without one, of the offset of its record on Kafka."""
    if text is not None:
        return identity_of(text)
    return Identity(f"{topic}-{partition}-{offset}", None)


def nil_problems(name: str, text: str | None) -> list[Rejeicao]:
    """The nil UUID, in any spelling, names no event."""
    if text and text[-1] in _ENDS_OF_NIL and _is_nil(text):
        return [names_nothing(name, "the nil UUID")]
    return []
