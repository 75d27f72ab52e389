"""What is read of Kafka and of the target at one moment."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionOffsets:
    """Offsets of one partition; `committed` is None where the group has committed none."""

    topic: str
    partition: int
    start: int
    end: int
    committed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One round of reading.

    `partitions` is None where the offsets could not be read whole; `problem` says why in a
    sentence. `replicas` is what the target's spec asks for, `ready` what runs.
    """

    at: datetime
    partitions: tuple[PartitionOffsets, ...] | None
    problem: str | None = None
    replicas: int
    ready: int
    rebalancing: bool = False
