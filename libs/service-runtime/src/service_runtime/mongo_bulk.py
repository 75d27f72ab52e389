"""Bulk writes to MongoDB that skip the documents that it refuses for good."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne, UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from service_runtime.mongo import (
    UNENCODABLE,
    Document,
    code_of,
    concern_errors,
    describe,
    is_transient,
    mongo_errors,
    write_errors,
)

Write: TypeAlias = ReplaceOne[Document] | UpdateOne

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024 - 16 * 1024
"""The size that every server accepts, minus room for the filter beside the document. A server may
close the connection after a larger one, which looks like an outage."""
_DUPLICATE_KEY: Final = 11000
_WRITES_AT_ONCE: Final = 500
"""So that a call to a slow server ends before its timeout."""


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A document that MongoDB refuses for good: its index in what was to be written, and why."""

    index: int
    reason: str


def upsert(document: Document) -> Write:
    """Replace the document with the same `_id`, or insert this one."""
    return ReplaceOne({"_id": document["_id"]}, document, upsert=True)


def write_each(
    collection: Collection[Document],
    documents: Sequence[Document],
    *,
    write: Callable[[Document], Write] = upsert,
) -> list[Refused]:
    """Write all documents except those that MongoDB refuses for good; returns these, in order.

    The order of writes is undefined. `write` must be idempotent: after a TransientError some
    documents may be written, and all must be given again. Raises PermanentError if MongoDB refuses
    the whole call (credentials, collection) and not a document.
    """
    encoded, refused = _encoded_each(documents)
    sound = list(encoded)
    with mongo_errors():
        try:
            if sound:
                writes = [write(documents[index]) for index in sound]
                collection.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            refused += [Refused(sound[e["index"]], code_of(e)) for e in _final_errors(error)]
    return sorted(refused)


@dataclass(frozen=True, slots=True)
class Inserted:
    """What was not inserted: indices of documents whose `_id` was there, and those refused."""

    existing: list[int]
    refused: list[Refused]


def insert_new(collection: Collection[Document], documents: Sequence[Document]) -> Inserted:
    """Insert all documents whose `_id` is not there yet, and change none that is.

    After a TransientError some may be inserted; given again, they exist. A unique index beside that
    of `_id` would make what it refuses look like what exists. Raises PermanentError if MongoDB
    refuses the whole call and not a document.
    """
    encoded, refused = _encoded_each(documents)
    existing: list[int] = []
    for indices in _portions(list(encoded)):
        errors = _inserted(collection, [encoded[index] for index in indices])
        existing += [indices[e["index"]] for e in errors if e.get("code") == _DUPLICATE_KEY]
        refused += _refusals(indices, errors)
    return Inserted(sorted(existing), sorted(refused))


def _inserted(
    collection: Collection[Document], documents: Sequence[RawBSONDocument]
) -> list[Document]:
    """The errors of single inserts of one call."""
    with mongo_errors():
        try:
            collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return _final_errors(error)
    return []


def _portions(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(indices), _WRITES_AT_ONCE):
        yield indices[first : first + _WRITES_AT_ONCE]


def _final_errors(error: BulkWriteError) -> list[Document]:
    """The errors of single writes. Raises the error itself where all must be tried again."""
    if is_transient(error) or concern_errors(error):
        raise error
    return write_errors(error)


def _refusals(indices: Sequence[int], errors: Iterable[Document]) -> list[Refused]:
    """The refused writes. A write whose `_id` exists was done before and is none of them."""
    return [
        Refused(indices[error["index"]], code_of(error))
        for error in errors
        if error.get("code") != _DUPLICATE_KEY
    ]


def _encoded_each(
    documents: Iterable[Document],
) -> tuple[dict[int, RawBSONDocument], list[Refused]]:
    """Documents as BSON by their indices, and those that MongoDB cannot store."""
    encoded, refused = {}, []
    for index, document in enumerate(documents):
        try:
            raw = bson.encode(document)
        except UNENCODABLE as error:
            refused.append(Refused(index, describe(error)))
            continue
        if len(raw) <= MAX_DOCUMENT_BYTES:
            encoded[index] = RawBSONDocument(raw)
        else:
            refused.append(Refused(index, f"{len(raw)} bytes are too many"))
    return encoded, refused
