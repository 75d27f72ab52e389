import pytest
from pydantic import ValidationError

from event_producer.settings import Settings

KAFKA = {"kafka_bootstrap_servers": "kafka:9092"}


@pytest.mark.parametrize("token", ["0123456789abcdef", "a.b_c~d+e/f-0123456789=="])
def test_a_token_of_stock_updates(token: str) -> None:
    told = Settings(**KAFKA, stock_token=token).stock_token
    assert told is not None
    assert told.get_secret_value() == token


@pytest.mark.parametrize(
    "token", ["", "xyz", "with a blank inside", "0123456789abcdef\n", "ã" * 16]
)
def test_what_no_caller_could_send_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(ValidationError, match="stock_token") as caught:
        Settings(**KAFKA, stock_token=token)
    assert not token or token not in str(caught.value)
