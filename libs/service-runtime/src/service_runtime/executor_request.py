"""The data of a ConfigMap by which an operator asks a Spark stream for a number of executors, and
by which the stream's driver answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from service_runtime.errors import PermanentError

WANTED: Final = "wanted"
_REQUESTED: Final = "requested"
_RUNNING: Final = "running"
_MESSAGE: Final = "message"
_ANSWERED_AT: Final = "answeredAt"


def wanted_executors(data: Mapping[str, str]) -> int | None:
    """How many are asked for; None where nobody has asked. Raises PermanentError for what is no
    whole number of at least 1."""
    text = data.get(WANTED)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise PermanentError(f"`{WANTED}`, {text!r}, is no whole number of at least 1")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorAnswer:
    """What a driver has made of it: how many executors it has asked its cluster for, how many of
    them run, both in a sentence, and when it said so."""

    requested: int
    running: int
    message: str
    at: datetime

    def to_data(self) -> dict[str, str]:
        """The keys that the driver writes."""
        return {
            _REQUESTED: str(self.requested),
            _RUNNING: str(self.running),
            _MESSAGE: self.message,
            _ANSWERED_AT: self.at.isoformat(timespec="seconds"),
        }

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Self | None:
        """None where no driver has answered. Raises PermanentError for what no driver wrote."""
        if _ANSWERED_AT not in data:
            return None
        try:
            at = datetime.fromisoformat(data[_ANSWERED_AT])
            if at.tzinfo is None:
                raise ValueError(f"{_ANSWERED_AT} has no time zone")
            return cls(
                requested=int(data[_REQUESTED]),
                running=int(data[_RUNNING]),
                message=data.get(_MESSAGE, ""),
                at=at,
            )
        except (KeyError, ValueError) as error:
            raise PermanentError(f"not the answer of a driver: {error}") from error
