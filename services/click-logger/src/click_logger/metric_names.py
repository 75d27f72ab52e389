"""Names of the metrics that click-logger emits, and of their attributes."""

from typing import Final

METER: Final = "click_logger"

EVENTS: Final = "click_logger.events"
ATTRIBUTE_FATE: Final = "fate"
COUNTED: Final = "counted"
REPEATED: Final = "repeated"
PROBE: Final = "probe"

REJECTED: Final = "click_logger.records.rejected"
ATTRIBUTE_REASON: Final = "reason"

REFUSED: Final = "click_logger.documents.refused"
ATTRIBUTE_COLLECTION: Final = "collection"
