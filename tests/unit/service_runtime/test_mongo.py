"""Which of MongoDB's errors pass and which are final, over what pymongo really raises."""

from typing import Any

import bson
import pytest
from pymongo import errors

from service_runtime.errors import PermanentError, TransientError
from service_runtime.mongo import (
    MAX_DOCUMENT_BYTES,
    Refused,
    is_transient,
    mongo_errors,
    write_each,
)


def failure(code: int | None, **details: Any) -> errors.OperationFailure:
    return errors.OperationFailure("said the server", code, {"code": code, **details})


def bulk(*codes: int, concerns: tuple[int, ...] = ()) -> errors.BulkWriteError:
    details = {
        "writeErrors": [{"index": n, "code": c, "errmsg": "u1"} for n, c in enumerate(codes)],
        "writeConcernErrors": [{"code": c} for c in concerns],
    }
    return errors.BulkWriteError(details)


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


class Answering:
    """A collection whose server answers each bulk with this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def bulk_write(self, writes: list[Any], *, ordered: bool) -> None:
        assert not ordered
        assert writes
        raise self.error


def write(error: Exception, *, count: int = 3) -> list[Refused]:
    collection: Any = Answering(error)
    return write_each(collection, [{"_id": n} for n in range(count)])


def test_refusals_of_the_server_and_the_client_keep_their_places() -> None:
    collection: Any = Answering(bulk(121, 2))
    documents = [
        {"_id": "a", "n": 2**63},
        {"_id": "b"},
        {"_id": "c", "x": "x" * MAX_DOCUMENT_BYTES},
        {"_id": "d"},
        {"_id": "e"},
    ]
    assert write_each(collection, documents) == [
        Refused(0, "OverflowError"),
        Refused(1, "code 121"),
        Refused(2, f"{MAX_DOCUMENT_BYTES + 24} bytes are too many"),
        Refused(3, "code 2"),
    ]


def test_nothing_is_sent_where_nothing_is_left() -> None:
    collection: Any = Answering(AssertionError("sent"))
    assert write_each(collection, []) == []
    assert write_each(collection, [{"_id": 2**63}]) == [Refused(0, "OverflowError")]


@pytest.mark.parametrize("error", [bulk(121, 91), bulk(121, concerns=(64,)), PASSING["no server"]])
def test_one_write_that_may_succeed_later_is_reason_to_try_all_again(error: Exception) -> None:
    with pytest.raises(TransientError):
        write(error)


@pytest.mark.parametrize("error", [failure(13), bulk(concerns=(79,))])
def test_a_refusal_of_the_whole_is_no_documents_fault(error: Exception) -> None:
    with pytest.raises(PermanentError):
        write(error)
