"""Which known update to repeat, so that a stock location without changes is seen to be alive.

A repeated update has the level and the moment that Kafka has already, so it changes no stock; only
the time at which the data warehouse received it is new.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from event_contracts.estoque import AtualizacaoEstoque
from inventory_poller.changes import Known, KnownStock


class Heartbeat:
    """The heartbeats of one source's stock locations."""

    def __init__(self, every: timedelta) -> None:
        self.every = every
        self._heard: dict[str, datetime] = {}
        self._turns: dict[str, int] = {}

    def heard(self, locations: Iterable[str], now: datetime) -> None:
        """Updates of these locations are on Kafka."""
        self._heard |= dict.fromkeys(locations, now)

    def due(self, known: KnownStock, now: datetime) -> list[AtualizacaoEstoque]:
        """One update for each location that was not heard of for long enough; another product each
        time."""
        return [
            self._next(location, products)
            for location, products in known.items()
            if products and self._is_due(location, now)
        ]

    def _is_due(self, location: str, now: datetime) -> bool:
        last = self._heard.get(location)
        return last is None or now - last >= self.every

    def _next(self, location: str, products: Mapping[str, Known]) -> AtualizacaoEstoque:
        turn = self._turns.get(location, 0) % len(products)
        self._turns[location] = turn + 1
        [(product, stock)] = islice(products.items(), turn, turn + 1)
        return AtualizacaoEstoque(
            id_produto=product,
            nivel_estoque=stock.level,
            ultima_atualizacao=stock.moment,
            id_armazem=location,
        )
