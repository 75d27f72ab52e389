"""The jobs that look after the ledger: whether the stream is alive and current, and its folding."""

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from event_contracts.names import QUERY_WAREHOUSE, TOPICS
from platform_jobs.settings import Settings
from service_runtime.topic import Topic
from warehouse import ledger
from warehouse.connection import Warehouse
from warehouse.folding import fold
from warehouse.ledger import Positions

logger = logging.getLogger(__name__)

NOT_CURRENT: Final = 1
"""Exit code of a stream that is behind; 0 is current, and 3 that nothing is known."""


@dataclass(frozen=True, slots=True)
class Behind:
    """A partition of which the ledger lacks offsets that Kafka had in time."""

    topic: str
    partition: int
    done_to: int
    expected_to: int


def check_stream(settings: Settings) -> None:
    """Print what is behind as JSON; SystemExit(NOT_CURRENT) where anything is.

    Current is a ledger that has every offset that Kafka had `stream_delay_seconds` ago; a shop
    without events is current. Raises TransientError while Kafka or the warehouse is away.
    """
    moment = datetime.now(UTC) - timedelta(seconds=settings.stream_delay_seconds)
    topics = {name: Topic.of(settings, name) for name in TOPICS}
    first = _by_partition({name: topic.earliest() for name, topic in topics.items()})
    expected = _by_partition({name: topic.at(moment) for name, topic in topics.items()})
    behind = behind_of(expected, first=first, done=_positions(settings))
    report = {"current": not behind, "behind": [asdict(partition) for partition in behind]}
    print(json.dumps(report, indent=2), flush=True)
    if behind:
        sys.exit(NOT_CURRENT)


def behind_of(expected: Positions, *, first: Positions, done: Positions) -> Sequence[Behind]:
    """The partitions that are done to less than expected; one that the ledger does not know is
    done to the first offset that Kafka still holds. One without a first offset was added after
    Kafka was asked for these: it is too new to be behind."""
    lines = [
        Behind(*key, done_to=done.get(key, first.get(key, offset)), expected_to=offset)
        for key, offset in sorted(expected.items())
    ]
    return [line for line in lines if line.done_to < line.expected_to]


def fold_past_days(settings: Settings) -> None:
    """Fold the ledger as the stream does, whether or not one runs.

    Raises TransientError while the warehouse is away.
    """
    with (
        closing(Warehouse(settings, application="platform-jobs")) as warehouse,
        warehouse.transaction() as transaction,
    ):
        ledger.lock(transaction)
        fewer = fold(transaction, today=datetime.now(UTC).date())
    logger.info("ledger folded", extra={"rows_fewer": fewer})


def _positions(settings: Settings) -> Positions:
    with (
        closing(Warehouse(settings, application="platform-jobs")) as warehouse,
        warehouse.transaction() as transaction,
    ):
        return ledger.positions(transaction, query=QUERY_WAREHOUSE)


def _by_partition(offsets: Mapping[str, Mapping[int, int]]) -> Positions:
    return {
        (name, partition): offset
        for name, partitions in offsets.items()
        for partition, offset in partitions.items()
    }
