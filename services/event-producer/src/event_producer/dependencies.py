"""What the routes of event-producer need."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from event_producer.commit import GroupCommit
from event_producer.metrics import Metrics
from event_producer.origins import Origins


@dataclass(frozen=True, slots=True)
class StockDependencies:
    """What `POST /estoque` needs; its messages share nothing with the events'."""

    token: str
    """What its callers must send."""
    commit: GroupCommit
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What `create_app` needs. `alive` and `ready` return None or a sentence on the problem."""

    commit: GroupCommit
    metrics: Metrics
    new_id: Callable[[], UUID]
    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    origins: Origins
    stock: StockDependencies | None
    """None where no stock update is taken."""
    traced: bool
    """Whether spans are exported; if not, only a trace that the caller began is passed on."""
