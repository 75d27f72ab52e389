"""What the routes of event-producer need."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

from event_producer.commit import GroupCommit
from event_producer.metrics import Metrics
from event_producer.origins import Origins


@dataclass(frozen=True, slots=True)
class Dependencies:
    """A check is None when all is well, else a sentence."""

    commit: GroupCommit
    metrics: Metrics
    new_id: Callable[[], UUID]
    alive: Callable[[], str | None]
    ready: Callable[[], str | None]
    running: Callable[[], AbstractAsyncContextManager[None]]
    origins: Origins
    traced: bool
    """Whether anyone takes the spans; else only a trace that the caller began is passed on."""
