"""Names of the metrics that shop-simulator emits, and of their attributes."""

from typing import Final

METER: Final = "shop_simulator"
EVENTS_SENT: Final = "shop_simulator.events.sent"
ATTRIBUTE_KIND: Final = "kind"
ATTRIBUTE_FATE: Final = "fate"
