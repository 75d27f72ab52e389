"""`perfis_usuarios`: each customer's activity, beside what the shop itself keeps there."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from pymongo import UpdateOne
from pymongo.collection import Collection

from click_logger.activity import applied
from click_logger.placed_event import PlacedEvent
from event_contracts.atividade import FIELD_ATIVIDADE, Atividade
from service_runtime.errors import TransientError
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_bulk import update_each

logger = logging.getLogger(__name__)

_ATTEMPTS: Final = 10
"""Each failure means that another member has just changed one of the same profiles."""
_UNREADABLE: Final = "not as click-logger writes it"


class Key(NamedTuple):
    """A customer's events of one partition are counted by themselves."""

    id_usuario: str
    partition: int

    @property
    def path(self) -> str:
        return f"{FIELD_ATIVIDADE}.{self.partition}"


Pending = Mapping[Key, Sequence[PlacedEvent]]


def by_customer(events: Iterable[PlacedEvent]) -> Pending:
    """Events by customer and partition, in order."""
    found: defaultdict[Key, list[PlacedEvent]] = defaultdict(list)
    for event in events:
        found[Key(event.evento.id_usuario, event.place.partition)].append(event)
    return found


class Profiles:
    """The collection. Raises TransientError while MongoDB is away, PermanentError where it refuses
    the whole."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def apply(self, pending: Pending) -> int:
        """Bring the activities up to date; applying the same events again changes nothing.

        A state is written only over the one that it was computed from, so that a member which has
        lost its partitions puts no older state over a newer one. Returns how many activities
        are refused for good.
        """
        refused = 0
        for _ in range(_ATTEMPTS):
            states = self._read(pending)
            unreadable = pending.keys() - states.keys()
            _report([_UNREADABLE] * len(unreadable))
            updates = {
                key: update
                for key, state in states.items()
                if (update := _update(key, state, pending[key])) is not None
            }
            outcome = update_each(self._collection, list(updates.values()))
            _report([each.reason for each in outcome.refused])
            refused += len(unreadable) + len(outcome.refused)
            if outcome.all_matched:
                return refused
            given_up = {each.index for each in outcome.refused}
            pending = {
                key: pending[key] for index, key in enumerate(updates) if index not in given_up
            }
        raise TransientError("mongodb: the same profiles change again and again")

    def _read(self, pending: Pending) -> dict[Key, Atividade | None]:
        """The activity of each, None where there is none yet; without those that are unreadable."""
        users = list({key.id_usuario for key in pending})
        paths = {key.path: 1 for key in pending}
        if not users:
            return {}
        with mongo_errors():
            found = self._collection.find({"_id": {"$in": users}}, paths)
            profiles = {each["_id"]: each.get(FIELD_ATIVIDADE) for each in found}
        states: dict[Key, Atividade | None] = {}
        for key in pending:
            with suppress(msgspec.ValidationError):
                states[key] = _state(profiles.get(key.id_usuario), key.partition)
        return states


def _state(of_profile: object, partition: int) -> Atividade | None:
    """Raises ValidationError where somebody else wrote into the field."""
    partitions = msgspec.convert({} if of_profile is None else of_profile, dict[str, Any])
    written = partitions.get(str(partition))
    return None if written is None else msgspec.convert(written, Atividade)


def _update(key: Key, state: Atividade | None, events: Sequence[PlacedEvent]) -> UpdateOne | None:
    """None where the state holds all events already."""
    new = applied(state, events)
    if new is None or new is state:
        return None
    value = msgspec.to_builtins(new, builtin_types=(datetime,))
    if state is None:
        absent = {"_id": key.id_usuario, key.path: {"$exists": False}}
        return UpdateOne(absent, {"$set": {key.path: value}}, upsert=True)
    as_read = {"_id": key.id_usuario, f"{key.path}.offset": state.offset}
    return UpdateOne(as_read, {"$set": {key.path: value}})


def _report(reasons: Iterable[str]) -> None:
    for reason in reasons:
        logger.error("an activity was refused", extra={"reason": reason})
