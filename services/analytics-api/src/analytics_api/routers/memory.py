"""What the routes share: the figures, the encoded answers and the live stream."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from analytics_api.answers import Answers
from analytics_api.broadcast import Broadcast
from analytics_api.customer import Customer, Page
from analytics_api.customer_access import CustomerAccess
from analytics_api.figures import STREAM, WAREHOUSE, Figures, Store, and_away
from analytics_api.lost_sales_cache import LostSalesCache
from analytics_api.models import Degradado
from analytics_api.period_cache import PeriodCache
from analytics_api.problems import NotReadyError
from analytics_api.repeated_requests import RepeatedRequests

ReadCustomer: TypeAlias = Callable[[str, Page], Awaitable[Customer | None]]
"""Asks MongoDB, alone of all that routes do; see `CustomerSource.read`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One instance per process."""

    figures: Figures
    periods: PeriodCache
    lost_sales: LostSalesCache
    clock: Callable[[], datetime]
    read_customer: ReadCustomer
    access: CustomerAccess = field(default_factory=CustomerAccess)
    answers: Answers = field(default_factory=Answers)
    broadcast: Broadcast = field(default_factory=Broadcast)
    repeated_requests: RepeatedRequests = field(default_factory=RepeatedRequests)

    def publish(self) -> None:
        """Send changes to the readers of the live stream, once there are figures."""
        if not self.figures.missing():
            now = self.clock()
            self.broadcast.publish(self.figures.version(now), self.figures.live, now=now)

    def loaded(self, *stores: Store) -> "Memory":
        """Return this memory. Raises NotReadyError unless each store has answered once."""
        missing = [store.name for store in stores if store.confirmed_at is None]
        if missing:
            raise NotReadyError(f"nothing was read yet from {', '.join(missing)}")
        return self

    def degraded_sales(self) -> list[Degradado]:
        """The degraded stores among those that sales come from."""
        if self.figures.warehouse.problem is not None:
            return [WAREHOUSE]
        return [STREAM] if self.figures.is_still(self.clock()) else []

    def degraded_history(self) -> list[Degradado]:
        """The same for what batch-etl has left, to which the sales of today are added."""
        return and_away(self.degraded_sales(), self.figures.history_store)

    def degraded_stock(self) -> list[Degradado]:
        """The same for stock. Without Kafka nobody knows whether levels are still the latest."""
        return and_away(self.degraded_sales(), self.figures.kafka)

    def minute(self) -> datetime:
        """The beginning of the present minute."""
        return self.clock().replace(second=0, microsecond=0)

    def today(self) -> date:
        """The day of the shop."""
        return self.clock().astimezone(self.figures.zone).date()

    def age(self, *stores: Store, read_at: datetime | None = None) -> float | None:
        """Age in seconds: since the store that answered longest ago, or since `read_at` if that is
        earlier."""
        moments = [at for at in (read_at, self.confirmed_at(*stores)) if at is not None]
        if not moments:
            return None
        return max(0.0, (self.clock() - min(moments)).total_seconds())

    def confirmed_at(self, *stores: Store) -> datetime | None:
        """When the store that answered longest ago did so; None if none of them ever did."""
        moments = (store.confirmed_at for store in stores)
        return min((at for at in moments if at is not None), default=None)


async def _memory(request: Request) -> Memory:
    memory: Memory = request.app.state.memory
    return memory


FromMemory = Annotated[Memory, Depends(_memory)]
