"""Which of MongoDB's errors pass and which are final, over what pymongo really raises."""

from typing import Any

import bson
import pytest
from pymongo import errors
from tests.support.mongo_failures import bulk, failure

from service_runtime.errors import PermanentError, TransientError
from service_runtime.mongo import is_transient, mongo_errors


def encoding_error(document: dict[str, Any]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        bson.encode(document)
    return caught.value


def nested(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for _ in range(depth):
        document = {"a": document}
    return document


PASSING = {
    "no server": errors.ServerSelectionTimeoutError("none found"),
    "connection lost": errors.AutoReconnect("closed"),
    "connection refused": errors.ConnectionFailure("refused"),
    "network timeout": errors.NetworkTimeout("late"),
    "not the primary": errors.NotPrimaryError("stepped down"),
    "no free connection": errors.WaitQueueTimeoutError("pool"),
    "garbled answer": errors.ProtocolError("opcode"),
    "stepping down": failure(189),
    "recovering": failure(13436),
    "shutting down": failure(11600),
    "interrupted": failure(11601),
    "disk full": failure(14031),
    "too busy": failure(462),
    "too slow": errors.ExecutionTimeout("late", 50, {}),
    "cursor lost": errors.CursorNotFound("gone", 43, {}),
    "write concern timeout": errors.WTimeoutError("late", 64, {"errInfo": {"wtimeout": True}}),
    "write conflict in a transaction": failure(112, errorLabels=["TransientTransactionError"]),
    "labelled retryable": failure(1, errorLabels=["RetryableWriteError"]),
    "labelled overloaded": failure(1, errorLabels=["SystemOverloadedError"]),
    "one write of a bulk": bulk(121, 91),
    "concern of a bulk": bulk(concerns=(64,)),
}
FINAL = {
    "bad value": failure(2),
    "unauthorized": failure(13),
    "wrong password": failure(18),
    "unknown command": failure(59),
    "no code": failure(None),
    "unknown code": failure(987_654),
    "invalid document": errors.WriteError("schema", 121, {}),
    "document too large, said the server": errors.WriteError("size", 10334, {}),
    "duplicate key": errors.DuplicateKeyError("dup", 11000, {}),
    "unknown write concern": errors.WriteConcernError("no such", 79, {}),
    "refused within a bulk": bulk(121, 11000),
    "document too large, said the client": errors.DocumentTooLarge("size"),
    "wrong configuration": errors.ConfigurationError("wire version"),
    "wrong address": errors.InvalidURI("scheme"),
    "wrong name": errors.InvalidName("dot"),
    "closed client": errors.InvalidOperation("closed"),
    "integer beyond 8 bytes": encoding_error({"n": 2**63}),
    "no BSON type": encoding_error({"n": object()}),
    "lone surrogate": encoding_error({"n": "\ud800"}),
    "too deep": encoding_error(nested(50_000)),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes(name: str) -> None:
    assert is_transient(PASSING[name])
    with pytest.raises(TransientError, match=r"^mongodb: "), mongo_errors():
        raise PASSING[name]


@pytest.mark.parametrize("name", FINAL)
def test_what_is_final(name: str) -> None:
    assert not is_transient(FINAL[name])
    with pytest.raises(PermanentError, match=r"^mongodb: "), mongo_errors():
        raise FINAL[name]


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(KeyError), mongo_errors():
        raise KeyError("x")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (failure(13, codeName="Unauthorized"), "mongodb: OperationFailure Unauthorized 13"),
        (bulk(121, 11000, 121), "mongodb: BulkWriteError ['11000', '121']"),
        (encoding_error({"n": "u1\ud800"}), "mongodb: UnicodeEncodeError"),
        (errors.AutoReconnect("host:27017: closed"), "mongodb: host:27017: closed"),
    ],
)
def test_the_text_quotes_no_value(error: Exception, text: str) -> None:
    with pytest.raises((TransientError, PermanentError)) as caught, mongo_errors():
        raise error
    assert str(caught.value) == text
