"""`logs_cliques`: one document for each event, written once."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.collection import Collection

from click_logger.placed_event import Place, PlacedEvent
from click_logger.repeats import first_of_each, that_count
from service_runtime.mongo import Document, mongo_errors
from service_runtime.mongo_bulk import insert_new

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Logged:
    """The events that count, in order, and how many documents MongoDB refused for good."""

    events: list[PlacedEvent]
    refused: int


class ClickLog:
    """The collection. Raises TransientError while MongoDB is away, PermanentError where it refuses
    the whole."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    def write(self, events: Sequence[PlacedEvent], *, now: datetime) -> Logged:
        """Insert those that are new; writing the same ones again changes nothing."""
        first = first_of_each(events)
        outcome = insert_new(self._collection, [document_of(event, now=now) for event in first])
        for reason, count in Counter(each.reason for each in outcome.refused).items():
            logger.error("events were refused", extra={"reason": reason, "count": count})
        old = {*outcome.existing, *(refused.index for refused in outcome.refused)}
        inserted = {event.place for index, event in enumerate(first) if index not in old}
        known = self._places(first[index].id_evento for index in outcome.existing)
        counted = that_count(events, inserted=inserted, known=known)
        return Logged(counted, len(outcome.refused))

    def _places(self, ids: Iterable[str]) -> dict[str, Place]:
        wanted = list(ids)
        if not wanted:
            return {}
        with mongo_errors():
            found = self._collection.find({"_id": {"$in": wanted}}, {"particao": 1, "offset": 1})
            return {each["_id"]: Place(each["particao"], each["offset"]) for each in found}


def document_of(event: PlacedEvent, *, now: datetime) -> Document:
    """The document of an event; fields that the event does not have are left out."""
    evento = event.evento
    document: Document = {
        "_id": event.id_evento,
        "id_usuario": evento.id_usuario,
        "tipo_evento": evento.tipo_evento.value,
        "id_produto": evento.id_produto,
        "data": event.moment,
        "particao": event.place.partition,
        "offset": event.place.offset,
        "gravado_em": now,
    }
    optional = {
        "id_evento_original": event.original,
        "id_pedido": evento.id_pedido,
        "quantidade": evento.quantidade,
        "preco": None if evento.preco is None else f"{evento.preco:.2f}",
        "id_sessao": evento.id_sessao,
        "versao": evento.versao,
    }
    return document | {name: value for name, value in optional.items() if value is not None}
