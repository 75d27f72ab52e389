"""`perfis_usuarios`: each customer's activity, beside what the shop itself keeps there."""

import logging
from collections import Counter, defaultdict
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
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_bulk import Refused, write_each

logger = logging.getLogger(__name__)

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

        Returns how many activities are refused for good.
        """
        states = self._read(pending)
        unreadable = len(pending) - len(states)
        changed = {
            key: new
            for key, state in states.items()
            if (new := applied(state, pending[key])) is not None and new is not state
        }
        documents = [_document(key, state) for key, state in changed.items()]
        # Of two members that insert one new profile at the same time, one is refused at first.
        first = self._write(documents)
        refused = self._write([documents[each.index] for each in first]) if first else []
        _report([_UNREADABLE] * unreadable + [each.reason for each in refused])
        return unreadable + len(refused)

    def _write(self, documents: Sequence[Document]) -> list[Refused]:
        return write_each(self._collection, documents, write=_keep_newest)

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


def _document(key: Key, state: Atividade) -> Document:
    value = msgspec.to_builtins(state, builtin_types=(datetime,))
    return {"_id": key.id_usuario, key.path: value}


def _keep_newest(document: Document) -> UpdateOne:
    """MongoDB compares documents field by field, and `offset` is the first. A state holds all that
    one of a smaller offset holds; so a member that has lost its partitions puts no older state over
    a newer one."""
    identity, *values = document.items()
    return UpdateOne(dict([identity]), {"$max": dict(values)}, upsert=True)


def _report(reasons: Iterable[str]) -> None:
    for reason, count in Counter(reasons).items():
        logger.error("activities were refused", extra={"reason": reason, "count": count})
