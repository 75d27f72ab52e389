"""The events of the bench: one shop's traffic, the same for whoever reads it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from confluent_kafka import Producer

from event_contracts.names import TOPIC_EVENTOS

CUSTOMERS = 50_000
PRODUCTS = 2_000
REPEATED = 50
"""One event in so many comes twice."""
BROKEN = 1_000
"""One record in so many names no product."""


def fill(servers: str, count: int, *, seed: int = 1) -> None:
    """Put so many records on Kafka, keyed by customer and dated now."""
    producer = Producer(
        {
            "bootstrap.servers": servers,
            "enable.idempotence": True,
            "linger.ms": 20,
            "compression.type": "lz4",
            "queue.buffering.max.messages": 1_000_000,
            "log_level": 2,
        }
    )
    for number, (key, value) in enumerate(_records(Random(seed), count)):
        while True:
            try:
                producer.produce(TOPIC_EVENTOS, value, key)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 10_000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0


def _records(random: Random, count: int) -> Iterator[tuple[str, str]]:
    previous = ("u0", "{}")
    for number in range(count):
        if number % REPEATED == REPEATED - 1:
            yield previous
            continue
        customer = f"u{random.randrange(CUSTOMERS)}"
        previous = customer, _event(random, customer, named=number % BROKEN != 0)
        yield previous


def good_events(random: Random) -> Iterator[str]:
    """Such events without end, none of them repeated or broken."""
    while True:
        yield _event(random, f"u{random.randrange(CUSTOMERS)}", named=True)


def _event(random: Random, customer: str, *, named: bool) -> str:
    kind = random.choices(("clique", "adicao_carrinho", "compra"), (80, 10, 10))[0]
    product = f'"p{min(_popular(random), PRODUCTS)}"' if named else "null"
    event = (
        f'{{"id_evento": "{_uuid(random)}", "id_usuario": "{customer}", "tipo_evento": "{kind}", '
        f'"id_produto": {product}, "timestamp": "{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"'
    )
    if kind != "compra":
        return event + "}"
    price = random.randrange(100, 50_000) / 100
    order = f'"id_pedido": "{_uuid(random)}", "quantidade": {random.randint(1, 5)}'
    return f'{event}, {order}, "preco": {price:.2f}}}'


def _popular(random: Random) -> int:
    """A few products are seen much more often than the rest."""
    return int(random.paretovariate(0.4))


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
