"""Names of the metrics that inventory-poller emits, and of their attributes."""

from typing import Final

METER: Final = "inventory_poller"

FRESHNESS: Final = "inventory_poller.source.freshness"
BREAKER: Final = "inventory_poller.source.breaker"
ITEMS: Final = "inventory_poller.items"
REQUESTS: Final = "inventory_poller.requests"
ROUND_SECONDS: Final = "inventory_poller.round.duration"
HEARTBEATS: Final = "inventory_poller.heartbeats"
WEBHOOKS: Final = "inventory_poller.webhooks"

ATTRIBUTE_SOURCE: Final = "source"
ATTRIBUTE_OUTCOME: Final = "outcome"
ATTRIBUTE_STATUS: Final = "status"
ATTRIBUTE_STATE: Final = "state"
STATUS_NONE: Final = "none"
"""Of a request without an answer."""
