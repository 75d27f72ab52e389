"""What the stream and the readers of the live figures agree on. See docs/metrics.md."""

from datetime import datetime, timedelta
from typing import Final

MINUTE: Final = timedelta(minutes=1)
"""Sales and clicks are counted by the minute, in UTC."""
WINDOW: Final = timedelta(minutes=60)
"""How far back the figures go; an event older than this when it is read corrects nothing."""
SHOWN: Final = 2 * WINDOW
"""How far back the minutes go that are shown: the window, and the hour that it is compared with."""
KEPT: Final = 12 * WINDOW
"""Documents of minutes older than this are removed. The job that closes the minutes of past hours
may be late by as much."""
ACTIVE_FOR: Final = timedelta(minutes=5)
"""A customer is active until this long after the last activity."""

STOCK_LOOK_ID: Final = "estoque/avaliacao"
"""Id of the document that says when stock-alerts last looked at the stock."""

MINUTES_FROM: Final = "minuto/"
MINUTES_TO: Final = "minuto0"
"""Ids of minutes' documents lie between these two and sort by time."""
COVERAGE_ID: Final = "cobertura"
"""Id of the document that says since when every minute was read completely."""
ACTIVE_FROM: Final = "ativos/"
ACTIVE_TO: Final = "ativos0"
"""Ids of the documents of active customers lie between these two."""
REGIONS_FROM: Final = "regioes/"
REGIONS_TO: Final = "regioes0"
"""Ids of the documents per state and segment lie between these two; those of minutes sort by time,
before REGIONS_ACTIVE_ID."""
REGIONS_ACTIVE_ID: Final = "regioes/ativos"
FUNNEL_ID: Final = "funil/todos"


def minute_prefix(minuto: datetime) -> str:
    """How the ids of a minute's documents begin, and no id of an earlier one sorts after it."""
    return f"{MINUTES_FROM}{minuto:%Y-%m-%dT%H:%M:00Z}"


def regions_prefix(minuto: datetime) -> str:
    """The same of the documents per state and segment."""
    return f"{REGIONS_FROM}{minuto:%Y-%m-%dT%H:%M:00Z}"
