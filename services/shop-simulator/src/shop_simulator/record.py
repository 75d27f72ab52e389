"""The record of what was sent and what became of it, and what must follow from that.

A line for each event, written once its fate is known. Nothing here reads a clock or a socket.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """How an event was sent."""

    NORMAL = "normal"
    LATE = "late"
    REPEATED = "repeated"
    BROKEN_HTTP = "broken_http"
    BROKEN_KAFKA = "broken_kafka"


class Fate(StrEnum):
    """What event-producer or Kafka answered; `UNKNOWN` when the simulator ended before that."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Entry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. A good event has all but `motivo` and `chave`; a broken one has these.

    `chave` is the Kafka key of a broken event and unlike any other; `motivo` is the reason that
    its dead letter or refusal must name; `status` is that of the HTTP answer.
    """

    kind: Kind
    fate: Fate = Fate.UNKNOWN
    status: int | None = None
    id_evento: str | None = None
    id_usuario: str | None = None
    tipo_evento: str | None = None
    id_produto: str | None = None
    timestamp: datetime | None = None
    id_pedido: str | None = None
    quantidade: int | None = None
    preco: Decimal | None = None
    motivo: str | None = None
    chave: str | None = None


def sent_again(entry: Entry) -> Entry:
    """The line of a repeat: its fate is not known yet."""
    return msgspec.structs.replace(entry, kind=Kind.REPEATED, fate=Fate.UNKNOWN, status=None)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


def encode_entries(entries: Iterable[msgspec.Struct]) -> bytes:
    """Whole lines."""
    return _ENCODER.encode_lines(entries)


def decode_entries(lines: Iterable[bytes]) -> list[Entry]:
    """A last line cut short by a crash is left out; one before it raises `DecodeError`."""
    return [_DECODER.decode(line) for line in lines if line.endswith(b"\n")]


@dataclass(slots=True)
class ProductTotals:
    """What the tables must hold of one product."""

    clicks: int = 0
    orders: set[str] = field(default_factory=set)
    units: int = 0
    revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class MinuteTotals:
    """What was sold in one UTC minute of event time."""

    orders: set[str] = field(default_factory=set)
    units: int = 0
    revenue: Decimal = Decimal(0)


@dataclass(slots=True)
class Expected:
    """What the platform must hold, each event in exactly one place.

    `repeats` counts accepted events that were accepted before. Kafka may hold more of
    them: the record cannot know of requests that were sent again after a lost answer.
    `unknown` ids may be in the tables or not: empty after an orderly end.
    """

    events: dict[str, Entry] = field(default_factory=dict)
    repeats: int = 0
    dead: dict[str, str] = field(default_factory=dict)
    refused: int = 0
    unknown: set[str] = field(default_factory=set)
    products: dict[str, ProductTotals] = field(default_factory=lambda: defaultdict(ProductTotals))
    minutes: dict[datetime, MinuteTotals] = field(default_factory=lambda: defaultdict(MinuteTotals))


def expected_of(entries: Iterable[Entry]) -> Expected:
    """`events` by `id_evento`, `dead` as the motivo by Kafka key, and the sums of sales."""
    expected = Expected()
    for entry in entries:
        _count(expected, entry)
    expected.unknown -= expected.events.keys()
    return expected


def _count(expected: Expected, entry: Entry) -> None:
    if entry.fate is Fate.UNKNOWN:
        expected.unknown.add(entry.id_evento or entry.chave or "")
    elif entry.fate is Fate.REFUSED:
        expected.refused += 1
    elif entry.kind is Kind.BROKEN_KAFKA:
        expected.dead[entry.chave or ""] = entry.motivo or ""
    elif entry.id_evento in expected.events:
        expected.repeats += 1
    else:
        expected.events[entry.id_evento or ""] = entry
        _sum(expected, entry)


def _sum(expected: Expected, entry: Entry) -> None:
    product = expected.products[entry.id_produto or ""]
    product.clicks += entry.tipo_evento == "clique"
    if entry.id_pedido is None or entry.timestamp is None:
        return
    minute = entry.timestamp.replace(second=0, microsecond=0)
    units = entry.quantidade or 0
    for totals in (product, expected.minutes[minute]):
        totals.orders.add(entry.id_pedido)
        totals.units += units
        totals.revenue += units * (entry.preco or Decimal(0))
