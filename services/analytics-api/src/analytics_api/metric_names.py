"""Names of the metrics that analytics-api emits: those of requests as OpenTelemetry has them for
HTTP servers, and its own."""

from typing import Final

METER: Final = "analytics_api"

REQUEST_SECONDS: Final = "http.server.request.duration"
REQUESTS_ACTIVE: Final = "http.server.active_requests"
FRESHNESS: Final = "analytics_api.freshness"

ATTRIBUTE_METHOD: Final = "http.request.method"
ATTRIBUTE_ROUTE: Final = "http.route"
ATTRIBUTE_SCHEME: Final = "url.scheme"
ATTRIBUTE_STATUS: Final = "http.response.status_code"
ATTRIBUTE_ERROR: Final = "error.type"
ATTRIBUTE_TOPIC: Final = "topic"
OTHER_METHOD: Final = "_OTHER"
"""The value for methods that HTTP does not define, so that callers cannot add time series."""
