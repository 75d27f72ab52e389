"""What a document of `perfis_usuarios` says about its customer, as the figures count it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from event_contracts.states import UNKNOWN

LONGEST: Final = 64
"""Longer values are no names of places or segments; in characters."""
FIELDS: Final = ("estado", "regiao", "segmento")


class Profile(NamedTuple):
    """Where a customer lives and how they buy; UNKNOWN where the document does not say."""

    estado: str = UNKNOWN
    regiao: str = UNKNOWN
    segmento: str = UNKNOWN


class Answer(NamedTuple):
    """The profile of a customer as it was at `lido`, in Unix seconds."""

    id_usuario: str
    profile: Profile
    lido: int


def profile_of(document: Mapping[str, Any] | None) -> Profile:
    """The profile in a document, or of a customer who has none."""
    found = document or {}
    return Profile(*[_name(found.get(field)) for field in FIELDS])


def _name(value: object) -> str:
    if not isinstance(value, str):
        return UNKNOWN
    name = value.strip()
    return name if 0 < len(name) <= LONGEST else UNKNOWN
