"""What brokers tell of a group's state, where not all of them do."""

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException
from confluent_kafka.admin import ConsumerGroupListing, ListConsumerGroupsResult

from lag_scaler.offsets_reader import is_rebalancing

SHARING = ConsumerGroupListing("mine", False, state=ConsumerGroupState.PREPARING_REBALANCING)
OTHER = ConsumerGroupListing("other", False, state=ConsumerGroupState.COMPLETING_REBALANCING)
AWAY = KafkaException(KafkaError(KafkaError._TRANSPORT))


@dataclass(frozen=True)
class Told:
    """In the place of an AdminClient, since no broker here can be away while another answers."""

    result: ListConsumerGroupsResult

    def list_consumer_groups(self, **_asked: Any) -> "Future[ListConsumerGroupsResult]":
        future: Future[ListConsumerGroupsResult] = Future()
        future.set_result(self.result)
        return future


@pytest.mark.parametrize(
    ("valid", "errors", "expected"),
    [
        pytest.param([], [], False, id="none is"),
        pytest.param([OTHER], [], False, id="another is"),
        pytest.param([OTHER, SHARING], [], True, id="it is"),
        pytest.param([], [AWAY], True, id="a broker does not tell"),
    ],
)
async def test_a_group_may_be_rebalancing(
    valid: list[ConsumerGroupListing], errors: list[KafkaException], expected: bool
) -> None:
    told: Any = Told(ListConsumerGroupsResult(valid, errors))
    assert await is_rebalancing(told, "mine", {}) is expected
