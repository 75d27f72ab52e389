"""Customers' events for tests of click-logger, and what a plain count over a topic finds."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from confluent_kafka import Message, Producer
from pymongo.database import Database

from click_logger.placed_event import Place, PlacedEvent, to_millisecond
from event_contracts.evento import Evento, TipoEvento, decode_evento
from event_contracts.identity import event_identity
from event_contracts.names import COLLECTION_LOGS, COLLECTION_PERFIS
from service_runtime.mongo import Document

START = datetime(2025, 5, 14, 12, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
PARTITIONS = 4
CUSTOMERS = 40
_KINDS = ("clique", "adicao_carrinho", "compra", "devolucao", "cancelamento", "sonda")
_WEIGHTS = (60, 12, 16, 4, 4, 4)


def placed(
    offset: int,
    *,
    partition: int = 0,
    minute: float = 0,
    tipo: TipoEvento = TipoEvento.CLIQUE,
    id_evento: str | None = None,
    **fields: Any,
) -> PlacedEvent:
    """An event of `u1`, dated so many minutes after START."""
    moment = to_millisecond(START + timedelta(minutes=minute))
    evento = Evento(id_usuario="u1", tipo_evento=tipo, id_produto="p1", timestamp=moment, **fields)
    place = Place(partition, offset)
    identity = event_identity(id_evento, topic="t", partition=partition, offset=offset)
    return PlacedEvent(*identity, place, moment, evento)


def put_events(servers: str, topic: str, count: int, *, seed: int) -> None:
    """Put so many records on any partition: events with and without ids, repeats in other
    partitions, probes and records that are no events."""
    random, sent = Random(seed), list[bytes]()
    producer = Producer({"bootstrap.servers": servers, "log_level": 2})
    for _ in range(count):
        if sent and random.random() < 0.08:
            value = random.choice(sent)
        else:
            value = _record(random)
            if b"id_evento" in value:
                sent.append(value)
        producer.produce(topic, value, partition=random.randrange(PARTITIONS))
    assert producer.flush(60) == 0


def _record(random: Random) -> bytes:
    if random.random() < 0.03:
        return random.choice((b"", b"\xff", b"[]", b'{"id_usuario": "u1"}', b'{"tipo_evento": 1}'))
    moment = START + timedelta(
        seconds=random.randrange(86_400), milliseconds=random.randrange(1000)
    )
    (kind,) = random.choices(_KINDS, _WEIGHTS)
    event = {
        "id_usuario": f"u{random.randrange(CUSTOMERS)}",
        "tipo_evento": kind,
        "id_produto": f"p{random.randrange(9)}",
        "timestamp": moment.isoformat(),
    }
    if random.random() < 0.7:
        event["id_evento"] = str(UUID(int=random.getrandbits(128)))
    if kind in ("compra", "devolucao", "cancelamento"):
        event |= {"id_pedido": f"o{random.randrange(99)}", "quantidade": random.randint(1, 3)}
        event["preco"] = f"{random.randrange(1, 99_999) / 100:.2f}"
    return json.dumps(event).encode()


@dataclass
class Totals:
    """One customer's counts over all partitions."""

    counts: dict[str, int] = field(default_factory=dict)
    units: int = 0
    revenue: Decimal = Decimal("0.00")
    units_back: int = 0
    revenue_back: Decimal = Decimal("0.00")
    first: datetime = NEVER
    last: datetime = LONG_AGO


def plain_count(messages: Iterable[Message]) -> tuple[set[str], dict[str, Totals]]:
    """The ids that the log must hold, and each customer's totals: each event once."""
    ids: set[str] = set()
    totals: dict[str, Totals] = {}
    for message in messages:
        event = decode_evento(message.value(), received_at=datetime.now(UTC))
        if isinstance(event, list) or event.tipo_evento is TipoEvento.SONDA:
            continue
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        identity, _ = event_identity(
            event.id_evento, topic=topic or "", partition=partition or 0, offset=offset or 0
        )
        if identity not in ids:
            ids.add(identity)
            _add(totals.setdefault(event.id_usuario, Totals()), event)
    return ids, totals


def _add(found: Totals, event: Evento) -> None:
    kind, moment = event.tipo_evento.value, to_millisecond(event.timestamp)
    found.counts[kind] = found.counts.get(kind, 0) + 1
    found.first, found.last = min(found.first, moment), max(found.last, moment)
    units, amount = event.quantidade or 0, (event.quantidade or 0) * (event.preco or Decimal(0))
    if kind == "compra":
        found.units, found.revenue = found.units + units, found.revenue + amount
    else:
        found.units_back, found.revenue_back = found.units_back + units, found.revenue_back + amount


_COUNTS = {
    "clique": "cliques",
    "adicao_carrinho": "carrinhos",
    "compra": "compras",
    "devolucao": "devolucoes",
    "cancelamento": "cancelamentos",
}


def stored(database: Database[Document]) -> tuple[set[str], dict[str, Totals]]:
    """The same as MongoDB holds it."""
    ids = {document["_id"] for document in database[COLLECTION_LOGS].find({}, {"_id": 1})}
    profiles = database[COLLECTION_PERFIS].find({"atividade": {"$exists": True}})
    return ids, {each["_id"]: _sum(each["atividade"].values()) for each in profiles}


def _sum(activities: Iterable[Document]) -> Totals:
    found = Totals()
    for each in activities:
        for kind, name in _COUNTS.items():
            if each[name]:
                found.counts[kind] = found.counts.get(kind, 0) + each[name]
        found.units += each["unidades"]
        found.revenue += Decimal(each["receita"])
        found.units_back += each["unidades_devolvidas"]
        found.revenue_back += Decimal(each["valor_devolvido"])
        found.first = min(found.first, each["primeira"])
        found.last = max(found.last, each["ultima"])
    return found
