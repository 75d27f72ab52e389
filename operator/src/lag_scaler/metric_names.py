"""Names of the metrics that lag-scaler emits, and of their attributes."""

from typing import Final

METER: Final = "lag_scaler"

LAG: Final = "lag_scaler.lag"
LAG_SECONDS: Final = "lag_scaler.lag.seconds"
ARRIVAL_RATE: Final = "lag_scaler.arrival.rate"
CAPACITY: Final = "lag_scaler.capacity.per_replica"
REPLICAS_CURRENT: Final = "lag_scaler.replicas.current"
REPLICAS_DESIRED: Final = "lag_scaler.replicas.desired"
REPLICAS_LIMIT: Final = "lag_scaler.replicas.limit"
STUCK_PARTITIONS: Final = "lag_scaler.partitions.stuck"

DECISIONS: Final = "lag_scaler.decisions"
SCALED: Final = "lag_scaler.scaled"
FAILURES: Final = "lag_scaler.failures"

DESCRIPTIONS: Final = {
    LAG_SECONDS: (
        "Seconds for which the oldest record that is not committed has waited, in stuck partitions "
        "too: since it was first seen, or since the last commit in its partition if that is later. "
        "A commit that left a backlog adds the estimated age of the backlog."
    )
}
"""Where a name does not say it all."""

ATTRIBUTE_SCALER: Final = "streamscaler"
ATTRIBUTE_ACTION: Final = "action"
ATTRIBUTE_REASON: Final = "reason"
