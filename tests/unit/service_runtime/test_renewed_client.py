"""When a client is made anew."""

from itertools import count

import pytest
from confluent_kafka import KafkaError, KafkaException

from service_runtime.errors import PermanentError, TransientError
from service_runtime.renewed_client import RenewedClient


@pytest.fixture
def client() -> RenewedClient[int]:
    """The clients are 0, 1, 2 ..."""
    return RenewedClient(count().__next__)


def fail(client: RenewedClient[int], error: Exception) -> None:
    with client.use("kafka"):
        raise error


def test_it_is_kept_while_nothing_passes(client: RenewedClient[int]) -> None:
    for _ in range(2):
        with client.use("kafka") as used:
            assert used == 0
        with pytest.raises(PermanentError):
            fail(client, PermanentError("refused"))


@pytest.mark.parametrize(
    "error", [TransientError("away"), KafkaException(KafkaError(KafkaError._TRANSPORT))]
)
def test_it_is_made_anew_after_an_outage(client: RenewedClient[int], error: Exception) -> None:
    with pytest.raises(TransientError):
        fail(client, error)
    with client.use("kafka") as used:
        assert used == 1


def fail_after_another(client: RenewedClient[int]) -> None:
    with client.use("kafka") as used:
        with pytest.raises(TransientError):
            fail(client, TransientError("away"))
        with client.use("kafka") as fresh:
            assert (used, fresh) == (0, 1)
        raise TransientError("away")


def test_who_still_used_the_one_before_ends_no_other(client: RenewedClient[int]) -> None:
    with pytest.raises(TransientError):
        fail_after_another(client)
    with client.use("kafka") as used:
        assert used == 1


def test_one_that_cannot_be_made_is_an_outage_too() -> None:
    def new() -> int:
        raise KafkaException(KafkaError(KafkaError._AUTHENTICATION))

    with pytest.raises(TransientError, match="kafka"), RenewedClient(new).use("kafka"):
        pass
