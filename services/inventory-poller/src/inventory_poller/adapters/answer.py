"""Reads JSON answers: whole documents that must fit, and lists whose entries may each be wrong."""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import floor, isfinite
from typing import Final, TypeVar

import msgspec

from event_contracts.rejection import Motivo
from inventory_poller.adapters.contract import Response, UnreadableError

_T = TypeVar("_T")
_LONGEST_VALIDATOR: Final = 1000
_ERRORS: Final = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def read_document(response: Response, decoder: msgspec.json.Decoder[_T]) -> _T:
    """The document, or UnreadableError with what is wrong with it; the error quotes nothing."""
    try:
        return decoder.decode(response.body)
    except msgspec.ValidationError as error:
        raise UnreadableError("JSON of another shape than the API's") from error
    except _ERRORS as error:
        is_markup = response.body.lstrip()[:1] == b"<"
        problem = "HTML or XML in place of JSON" if is_markup else "no JSON, or JSON cut short"
        raise UnreadableError(problem) from error


def read_entries(
    entries: Iterable[msgspec.Raw], decoder: msgspec.json.Decoder[_T]
) -> tuple[list[_T], tuple[str, ...]]:
    """The entries that `decoder` accepts, and the reasons why others were skipped."""
    found: list[_T] = []
    skipped = 0
    for entry in entries:
        try:
            found.append(decoder.decode(entry))
        except _ERRORS:
            skipped += 1
    return found, (Motivo.TIPO_ERRADO,) * skipped


def validator(response: Response, name: str) -> str | None:
    """The value of `ETag` or `Last-Modified`, if it can be sent back as it is."""
    value = response.headers.get(name, "")
    return value if 0 < len(value) <= _LONGEST_VALIDATOR and _is_plain(value) else None


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def available(total: float, reserved: float = 0) -> int:
    """Whole units that can be sold: a shop that sells on back order may be below zero, which
    counts as 0. A total that is no finite number is -1, which the contract refuses."""
    left = total - reserved
    return max(floor(left), 0) if isfinite(left) else -1


def moment_of(text: str | None) -> datetime | None:
    """ISO 8601, UTC where no offset is given; None for anything else."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
