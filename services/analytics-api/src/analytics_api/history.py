"""What batch-etl has left in the warehouse, as answers need it: names, reconciled days, and how new
they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from analytics_api.catalogue import Catalogue
from warehouse.history.reconciled_row import Reconciled


@dataclass(frozen=True, slots=True)
class History:
    """One reading. The sums per day and month are in tables, see `history_tables`."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    reconciled: Mapping[date, list[Reconciled]] = field(default_factory=dict)
    """The figures of each day that was reconciled."""
    loaded_at: datetime | None = None
    """When batch-etl last loaded a file; None if it never did."""
    version: int = 0
    """Increases with every reading that found something new."""
