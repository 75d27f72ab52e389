"""Who buys: customers with a region and a segment, the same for the same seed."""

import random
from dataclasses import dataclass
from typing import Any, Final

_STATES: Final = (
    ("SP", "Sudeste", 22.0),
    ("MG", "Sudeste", 10.0),
    ("RJ", "Sudeste", 8.0),
    ("ES", "Sudeste", 2.0),
    ("BA", "Nordeste", 7.0),
    ("PE", "Nordeste", 4.5),
    ("CE", "Nordeste", 4.3),
    ("MA", "Nordeste", 3.3),
    ("RN", "Nordeste", 1.6),
    ("PR", "Sul", 5.6),
    ("RS", "Sul", 5.4),
    ("SC", "Sul", 3.8),
    ("GO", "Centro-Oeste", 3.5),
    ("DF", "Centro-Oeste", 1.4),
    ("MT", "Centro-Oeste", 1.8),
    ("PA", "Norte", 4.0),
    ("AM", "Norte", 2.0),
    ("TO", "Norte", 0.7),
)
"""State, region and weight: the weight is about the state's share of Brazil's people."""


@dataclass(frozen=True, slots=True)
class Segment:
    """How customers of a segment behave: `adds` per click, `buys` per cart that is not empty."""

    name: str
    share: float
    visits: float
    adds: float
    buys: float


SEGMENTS: Final = (
    Segment("curioso", share=0.50, visits=1.0, adds=0.08, buys=0.25),
    Segment("ocasional", share=0.35, visits=1.5, adds=0.18, buys=0.45),
    Segment("fiel", share=0.12, visits=4.0, adds=0.25, buys=0.60),
    Segment("atacado", share=0.03, visits=2.0, adds=0.40, buys=0.70),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer; `activity` weighs how often they visit."""

    id_usuario: str
    state: str
    region: str
    segment: Segment
    activity: float


def build_customers(rng: random.Random, *, count: int) -> list[Customer]:
    """`count` customers; a larger count begins with the same ones."""
    weights = [weight for _, _, weight in _STATES]
    shares = [segment.share for segment in SEGMENTS]
    customers = []
    for number in range(1, count + 1):
        state, region, _ = rng.choices(_STATES, weights)[0]
        segment = rng.choices(SEGMENTS, shares)[0]
        activity = segment.visits * rng.lognormvariate(0.0, 0.6)
        customers.append(Customer(f"u{number:06d}", state, region, segment, activity))
    return customers


def profile_fields(customer: Customer) -> dict[str, Any]:
    """What the shop itself keeps in `perfis_usuarios`."""
    return {
        "regiao": customer.region,
        "estado": customer.state,
        "segmento": customer.segment.name,
    }
