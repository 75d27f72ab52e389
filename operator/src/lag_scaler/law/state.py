"""All that the law remembers between two rounds, small enough for an object's status."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, fields
from math import isfinite
from typing import Any, Final, Self, TypeVar

from lag_scaler.law.arrival import Arrival
from lag_scaler.law.capacity import Capacity
from lag_scaler.law.offsets import Key, Track
from lag_scaler.law.throughput import Episode
from lag_scaler.law.trial import Pause, Trial
from lag_scaler.law.waiting import Waiting
from lag_scaler.law.window import Window

Part = TypeVar("Part")
VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalerState:
    """The estimators' memory. Times are seconds since the epoch; `replicas` is what the last round
    saw asked for, `replicas_since` since when."""

    at: float | None = None
    tracks: Mapping[Key, Track] = field(default_factory=dict)
    waiting: Mapping[Key, Waiting] = field(default_factory=dict)
    arrival: Arrival | None = None
    commit_seconds: float = 0.0
    episode: Episode | None = None
    capacity: Capacity = field(default_factory=Capacity)
    window: Window | None = None
    trial: Trial | None = None
    pause: Pause | None = None
    replicas: int | None = None
    replicas_since: float | None = None

    @property
    def arrival_rate(self) -> float:
        return self.arrival.rate if self.arrival else 0.0

    @classmethod
    def empty(cls) -> Self:
        """The state of a scaler that has seen nothing."""
        return cls()

    def to_document(self) -> dict[str, Any]:
        """A JSON document that `from_document` reads back as an equal state."""
        return {
            "version": VERSION,
            "at": self.at,
            "tracks": _listed_by_key(self.tracks),
            "waiting": _listed_by_key(self.waiting),
            "arrival": _listed(self.arrival),
            "commitSeconds": self.commit_seconds,
            "episode": _listed(self.episode),
            "capacity": _listed(self.capacity),
            "window": self.window and _listed_window(self.window),
            "trial": _listed(self.trial),
            "pause": _listed(self.pause),
            "replicas": self.replicas,
            "replicasSince": self.replicas_since,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The state of a document. One of another version, or damaged, is an empty state: the law
        then learns anew, and holds until it has."""
        try:
            return cls._read(document)
        except (KeyError, TypeError, ValueError, AttributeError):
            return cls.empty()

    @classmethod
    def _read(cls, document: Mapping[str, Any]) -> Self:
        if document["version"] != VERSION:
            raise ValueError("a state of another version")
        capacity = _restored(Capacity, document["capacity"])
        return cls(
            at=_number(document["at"]),
            tracks=_by_key(Track, document["tracks"]),
            waiting=_by_key(Waiting, document.get("waiting", ())),  # absent in older documents
            arrival=_restored(Arrival, document["arrival"]),
            commit_seconds=float(document["commitSeconds"]),
            episode=_restored(Episode, document["episode"]),
            capacity=_required(capacity),
            window=_window(document["window"]),
            trial=_restored(Trial, document["trial"]),
            pause=_restored(Pause, document["pause"]),
            replicas=_number(document["replicas"]),
            replicas_since=_number(document["replicasSince"]),
        )


def _listed(part: Any) -> list[Any] | None:
    return None if part is None else list(astuple(part))


def _listed_by_key(parts: Mapping[Key, Any]) -> list[list[Any]]:
    return [[*key, *astuple(part)] for key, part in sorted(parts.items())]


def _by_key(kind: type[Part], rows: Iterable[Any]) -> dict[Key, Part]:
    return {
        (str(topic), int(partition)): _required(_restored(kind, values))
        for topic, partition, *values in rows
    }


def _restored(kind: type[Part], values: list[Any] | None) -> Part | None:
    if values is None:
        return None
    if len(values) != len(fields(kind)):  # type: ignore[arg-type]
        raise ValueError(f"no values of a {kind.__name__}")
    return kind(*(_number(value) for value in values))


def _listed_window(window: Window) -> list[Any]:
    return [window.since, window.seconds, [list(need) for need in window.needs]]


def _window(values: list[Any] | None) -> Window | None:
    if values is None:
        return None
    since, seconds, needs = values
    of_tenths = tuple((int(bucket), float(need)) for bucket, need in needs)
    return Window(float(since), float(seconds), of_tenths)


def _number(value: Any) -> Any:
    """A finite number, a flag or None; nothing else stands in a state."""
    if value is None or (isinstance(value, int | float) and isfinite(value)):
        return value
    raise ValueError(f"no number: {value!r}")


def _required(part: Part | None) -> Part:
    if part is None:
        raise ValueError("a part of the state is missing")
    return part
