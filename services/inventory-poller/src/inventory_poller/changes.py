"""What to emit of the stock that an API says, given what was emitted before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from event_contracts.estoque import AtualizacaoEstoque, check_estoque
from inventory_poller.adapters.contract import MAX_PRODUCTS, Item


class Known(NamedTuple):
    """The level that Kafka has, and the latest moment that the API gave for it."""

    level: int
    moment: datetime


Key: TypeAlias = tuple[str, str]
"""`id_armazem` and `id_produto`."""
KnownStock: TypeAlias = Mapping[str, Mapping[str, Known]]
"""By `id_armazem` and `id_produto`."""
MAX_LOCATIONS: Final = 200
"""Of one source; an API that invents more is not followed."""
_NOTHING: Final[Mapping[str, Known]] = {}


class Outcome(StrEnum):
    """What became of an item; one that the contract refuses has its `Motivo` instead."""

    EMITTED = "emitted"
    UNCHANGED = "unchanged"
    OLDER = "older"
    UNTRACKED = "untracked"
    OTHER_LOCATION = "other_location"
    TOO_MANY = "too_many"


@dataclass(slots=True)
class Changes:
    """`updates` go to Kafka; then `seen` is known."""

    room: int
    """How many further products may still become known."""
    locations: set[str]
    """Those that are known, or will be once `seen` is."""
    updates: list[AtualizacaoEstoque] = field(default_factory=list)
    seen: dict[Key, Known] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Finds what changed in one source. `locations` is as `Source.locations`, `untracked_level`
    as in `Source`."""

    source: str
    locations: Mapping[str, str]
    max_products: int = MAX_PRODUCTS
    untracked_level: int | None = None

    def changes(self, items: Iterable[Item], known: KnownStock, *, asked_at: datetime) -> Changes:
        """A changed level is emitted unless its moment is older than the known one.

        An item without a moment has the moment at which it was asked for. Where the API's own
        moment is newer the same level is emitted too: another level may have been there in between,
        which somebody else put on Kafka.
        """
        found = Changes(self.max_products - sum(map(len, known.values())), set(known))
        for item in items:
            found.outcomes[self._outcome(item, known, found, asked_at)] += 1
        return found

    def _outcome(self, item: Item, known: KnownStock, found: Changes, asked_at: datetime) -> str:
        location = self._location(item.location)
        if location is None or _is_beyond(location, found.locations):
            return Outcome.OTHER_LOCATION
        key = (location, item.id_produto)
        last = found.seen.get(key) or known.get(location, _NOTHING).get(item.id_produto)
        level = self._level(item, last)
        if level is None:
            return Outcome.UNTRACKED
        if last is not None and last.level == level and item.moment in (None, last.moment):
            return Outcome.UNCHANGED
        moment = item.moment or (max(asked_at, last.moment) if last else asked_at)
        update = AtualizacaoEstoque(
            id_produto=item.id_produto,
            nivel_estoque=level,
            ultima_atualizacao=moment,
            id_armazem=location,
        )
        checked = check_estoque(update, received_at=asked_at)
        if isinstance(checked, list):
            return checked[0].motivo
        return _compare(checked, last, found)

    def _level(self, item: Item, last: Known | None) -> int | None:
        """None where there is nothing to emit: what was never tracked has no level to replace."""
        return self.untracked_level if item.level is None and last is not None else item.level

    def _location(self, reported: str | None) -> str | None:
        if reported is None:
            return self.source
        if self.locations:
            return self.locations.get(reported)
        return f"{self.source}.{reported}"


def _is_beyond(location: str, others: Set[str]) -> bool:
    return location not in others and len(others) >= MAX_LOCATIONS


def _compare(update: AtualizacaoEstoque, last: Known | None, found: Changes) -> Outcome:
    key = (update.id_armazem, update.id_produto)
    now = Known(update.nivel_estoque, update.ultima_atualizacao)
    if last is not None and now.moment < last.moment:
        return Outcome.OLDER
    if now == last:
        return Outcome.UNCHANGED
    if last is None:
        if found.room <= 0:
            return Outcome.TOO_MANY
        found.room -= 1
    found.seen[key] = now
    found.locations.add(update.id_armazem)
    found.updates.append(update)
    return Outcome.EMITTED
