"""KEDA's Kafka scaler and the arithmetic of the HorizontalPodAutoscaler that it feeds.

After pkg/scalers/kafka_scaler.go of KEDA 2.x (docs: keda.sh/docs/latest/scalers/apache-kafka), and
the Kubernetes documentation of the algorithm and of `behavior`, for many groups at once: rows are
groups, columns partitions.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tests.bench.scaling.assignment import Ints

DEFAULT_LAG_THRESHOLD: Final = 10
INVALID_OFFSET: Final = -1
TOLERANCE: Final = 0.1
SYNC_SECONDS: Final = 15
STABILIZATION_SECONDS: Final = 300
PODS_UP, TIMES_UP = 4, 2


@dataclass(frozen=True)
class Trigger:
    """The trigger's metadata that decides; the reset policy is `latest`, as is the default.

    The threshold may be one for each group."""

    lag_threshold: int | Ints = DEFAULT_LAG_THRESHOLD
    activation_lag_threshold: int = 0
    allow_idle_consumers: bool = False
    exclude_persistent_lag: bool = False
    even_distribution: bool = False
    limit_to_partitions_with_lag: bool = False


@dataclass(frozen=True)
class Metric:
    """What KEDA tells the autoscaler, and whether the trigger is active."""

    lag: Ints
    is_active: NDArray[np.bool_]


class KafkaScaler:
    """One trigger's memory: the offsets of its last poll, for excludePersistentLag."""

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger
        self._previous: Ints | None = None

    def poll(self, end: Ints, committed: Ints) -> Metric:
        """The total lag, limited to as many consumers as there are partitions."""
        with_persistent = np.where(committed == INVALID_OFFSET, 1, end - committed)
        lag = with_persistent
        if self._trigger.exclude_persistent_lag:
            lag = self._without_persistent(lag, committed)
        total = self._limited(lag.sum(axis=1), lag)
        active = with_persistent.sum(axis=1) > self._trigger.activation_lag_threshold
        return Metric(total, active)

    def _without_persistent(self, lag: Ints, committed: Ints) -> Ints:
        valid = committed != INVALID_OFFSET
        if self._previous is None:
            self._previous = committed.copy()
            return lag
        persistent = valid & (self._previous == committed)
        self._previous = np.where(valid, committed, self._previous)
        return np.where(persistent, 0, lag)

    def _limited(self, total: Ints, lag: Ints) -> Ints:
        trigger = self._trigger
        if trigger.allow_idle_consumers and not trigger.even_distribution:
            return total
        threshold, partitions = np.broadcast_to(trigger.lag_threshold, total.shape), lag.shape[1]
        if trigger.even_distribution:
            total = _next_factor(total, partitions, threshold) * threshold
        bound = np.full_like(total, partitions)
        if trigger.limit_to_partitions_with_lag:
            bound = (lag > 0).sum(axis=1)
        return np.where(total // threshold > bound, bound * threshold, total)


def _next_factor(total: Ints, partitions: int, threshold: Ints) -> Ints:
    factors = np.array([n for n in range(1, partitions + 1) if partitions % n == 0])
    enough = factors[None, :] * threshold[:, None] >= total[:, None]
    first = np.where(enough.any(axis=1), enough.argmax(axis=1), len(factors) - 1)
    return np.asarray(factors[first])


@dataclass
class Autoscaler:
    """An HPA with an external metric of type AverageValue and the default behaviour: up at once by
    100 % or 4 pods in 15 s, down to the greatest recommendation of the last 300 s."""

    threshold: int | Ints
    minimum: int
    maximum: int
    _recommended: list[Ints] = field(default_factory=list)

    def sync(self, lag: Ints, current: Ints) -> Ints:
        """The replicas after one sync period."""
        recommended = desired(lag, self.threshold, current)
        self._recommended.append(recommended)
        del self._recommended[: -(STABILIZATION_SECONDS // SYNC_SECONDS)]
        greatest = np.max(self._recommended, axis=0)
        stable = np.clip(current, recommended, greatest)
        most = np.minimum(np.maximum(current + PODS_UP, current * TIMES_UP), self.maximum)
        return np.asarray(np.clip(np.minimum(stable, most), self.minimum, self.maximum))


def desired(lag: Ints, threshold: int | Ints, current: Ints) -> Ints:
    """ceil(lag / threshold), unless the present replicas are within 10 % of it."""
    ratio = lag / (threshold * np.maximum(current, 1))
    within = np.abs(1 - ratio) <= TOLERANCE
    return np.where(within, current, np.ceil(lag / threshold - 1e-9)).astype(np.int64)
