"""All that the law remembers between two rounds, small enough for an object's status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalerState:
    """The estimators' memory."""

    at: datetime | None = None

    @classmethod
    def empty(cls) -> Self:
        """The state of a scaler that has seen nothing."""
        return cls()

    def to_document(self) -> dict[str, Any]:
        """A JSON document that `from_document` reads back as an equal state."""
        return {"at": self.at.isoformat() if self.at else None}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The state of a document; what cannot be read is forgotten, never an error."""
        at = document.get("at")
        return cls(at=datetime.fromisoformat(at) if at else None)
