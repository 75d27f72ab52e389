"""The live figures as a plain sum over the records of a topic, to compare with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from confluent_kafka import Message
from tests.support.live_events import Event

from event_contracts.evento import Evento, decode_evento
from event_contracts.identity import event_identity

MINUTE = timedelta(minutes=1)
SIGNS = {"compra": 1, "devolucao": -1, "cancelamento": -1}


@dataclass(slots=True)
class CustomerMinute:
    """Views, units of each order, and revenue."""

    views: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    revenue: Decimal = Decimal(0)


class ExpectedFigures:
    """Everything in memory, one record after the other."""

    def __init__(self) -> None:
        self.units: Counter[datetime] = Counter()
        self.revenue: defaultdict[datetime, Decimal] = defaultdict(Decimal)
        self._units_of_orders: Counter[tuple[datetime, str]] = Counter()
        self.views: Counter[str] = Counter()
        self.latest: dict[str, datetime] = {}
        self.of_customers: defaultdict[tuple[datetime, str], CustomerMinute] = defaultdict(
            CustomerMinute
        )
        """What each customer did in a minute."""
        self.acts: list[Event] = []
        """Each event once, as the driver gets it."""
        self._seen: set[str] = set()

    def add(self, messages: Iterable[Message]) -> None:
        """Take in records, oldest first."""
        for message in messages:
            came = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
            evento = decode_evento(message.value(), received_at=came)
            if isinstance(evento, Evento) and evento.timestamp > came - timedelta(minutes=58):
                self._add(evento, _name(evento, message), came)

    def active(self, now: datetime) -> int:
        """Customers whose last activity, to the second, lies within five minutes."""
        moments = (moment.replace(microsecond=0) for moment in self.latest.values())
        return sum(now - moment < timedelta(minutes=5) for moment in moments)

    def most_viewed(self, limit: int) -> list[tuple[str, int]]:
        """Products by clicks; ties by name."""
        return sorted(self.views.items(), key=lambda v: (-v[1], v[0]))[:limit]

    def per_key(
        self, key_of: Callable[[str], str], since: datetime
    ) -> dict[str, tuple[int, int, Decimal, int]]:
        """Orders, units, revenue, views of the minutes from `since` on, by what a customer is."""
        orders: Counter[tuple[datetime, str, str]] = Counter()
        revenue: defaultdict[str, Decimal] = defaultdict(Decimal)
        views: Counter[str] = Counter()
        for (minute, customer), did in self.of_customers.items():
            if minute >= since and (did.views or did.orders):
                key = key_of(customer)
                views[key] += did.views
                revenue[key] += did.revenue
                for order, units in did.orders.items():
                    orders[minute, key, order] += units
        counted: Counter[str] = Counter()
        units_of: Counter[str] = Counter()
        for (_, key, _), units in orders.items():
            counted[key] += units > 0
            units_of[key] += units
        return {key: (counted[key], units_of[key], revenue[key], n) for key, n in views.items()}

    def sales(self, minute: datetime) -> tuple[int, int, Decimal]:
        """Orders, units and revenue."""
        orders = sum(n > 0 for (when, _), n in self._units_of_orders.items() if when == minute)
        return orders, self.units[minute], self.revenue[minute]

    def _add(self, evento: Evento, name: str, came: datetime) -> None:
        if name in self._seen:
            return
        self._seen.add(name)
        if evento.tipo_evento == "sonda":
            return
        minute = evento.timestamp.replace(second=0, microsecond=0)
        active = min(evento.timestamp, came)
        self.latest[evento.id_usuario] = max(active, self.latest.get(evento.id_usuario, active))
        of_customer = self.of_customers[minute, evento.id_usuario]
        if evento.tipo_evento == "clique":
            self.views[evento.id_produto] += 1
            of_customer.views += 1
        self.acts.append(_as_counted(evento, name, active))
        units = SIGNS.get(evento.tipo_evento, 0) * (evento.quantidade or 0)
        self.units[minute] += units
        self.revenue[minute] += units * (evento.preco or 0)
        if evento.id_pedido is not None:
            self._units_of_orders[minute, evento.id_pedido] += units
            of_customer.orders[evento.id_pedido] += units
        of_customer.revenue += units * (evento.preco or 0)


def _as_counted(evento: Evento, name: str, active: datetime) -> Event:
    """What the funnel needs of it; a cart without a quantity holds one."""
    units = evento.quantidade or 1
    return {
        "id": name,
        "tipo": str(evento.tipo_evento),
        "id_usuario": evento.id_usuario,
        "id_produto": evento.id_produto,
        "atividade": int(active.timestamp()),
        "unidades": units,
        "receita": units * (evento.preco or Decimal(0)),
    }


def _name(evento: Evento, message: Message) -> str:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    identity = event_identity(evento.id_evento, topic=topic, partition=partition, offset=offset)
    return identity.id_evento
