"""Bulk writes over what pymongo really raises."""

from typing import Any

import pytest
from pymongo import errors
from tests.support.mongo_failures import bulk, failure

from service_runtime.errors import PermanentError, TransientError
from service_runtime.mongo_bulk import (
    MAX_DOCUMENT_BYTES,
    Inserted,
    Refused,
    insert_new,
    write_each,
)


class Answering:
    """A collection whose server answers each bulk with this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def bulk_write(self, writes: list[Any], *, ordered: bool) -> None:
        assert not ordered
        assert writes
        raise self.error

    def insert_many(self, documents: list[Any], *, ordered: bool) -> None:
        self.bulk_write(documents, ordered=ordered)


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


@pytest.mark.parametrize(
    "error",
    [bulk(121, 91), bulk(121, concerns=(64,)), errors.ServerSelectionTimeoutError("none found")],
)
def test_one_write_that_may_succeed_later_is_reason_to_try_all_again(error: Exception) -> None:
    with pytest.raises(TransientError):
        write(error)


@pytest.mark.parametrize("error", [failure(13), bulk(concerns=(79,))])
def test_a_refusal_of_the_whole_is_no_documents_fault(error: Exception) -> None:
    with pytest.raises(PermanentError):
        write(error)


def test_an_insert_tells_what_exists_from_what_is_refused() -> None:
    collection: Any = Answering(bulk(11000, 121, 11000))
    documents: list[dict[str, Any]] = [{"_id": 2**63}, {"_id": 1}, {"_id": 2}, {"_id": 3}]
    outcome = insert_new(collection, documents)
    assert outcome == Inserted([1, 3], [Refused(0, "OverflowError"), Refused(2, "code 121")])


@pytest.mark.parametrize("error", [bulk(11000, 91), bulk(11000, concerns=(64,))])
def test_inserts_are_tried_again_as_a_whole(error: errors.BulkWriteError) -> None:
    collection: Any = Answering(error)
    with pytest.raises(TransientError):
        insert_new(collection, [{"_id": 1}, {"_id": 2}])
