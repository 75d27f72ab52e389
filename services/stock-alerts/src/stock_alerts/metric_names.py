"""The names of this service's instruments and of their labels."""

from typing import Final

METER: Final = "stock_alerts"
OPEN_ALERTS: Final = "stock_alerts.open"
NOTICES_SENT: Final = "stock_alerts.notices.sent"
SEND_FAILURES: Final = "stock_alerts.notices.failures"
ATTRIBUTE_DESTINATION: Final = "destination"
