"""Writes to a real server of MongoDB's protocol that refuses one, is stopped and comes back."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient, UpdateOne
from pymongo.collection import Collection
from tests.support.platform import mongo_url, shared_platform

from service_runtime.errors import PermanentError, TransientError
from service_runtime.mongo import Document, connect, mongo_errors
from service_runtime.mongo_bulk import (
    MAX_DOCUMENT_BYTES,
    Inserted,
    Refused,
    Write,
    insert_new,
    write_each,
)
from service_runtime.retry import wait_and_retry
from service_runtime.settings import MongoSettings
from vitrine_local.platform import LocalPlatform

platform = shared_platform("mongo")


@pytest.fixture
def url(platform: LocalPlatform) -> SecretStr:
    return mongo_url(platform)


@pytest.fixture
def client(url: SecretStr) -> Iterator[MongoClient[Document]]:
    with connect(MongoSettings(mongo_url=url), application="tests") as client:
        yield client


@pytest.fixture
def collection(
    client: MongoClient[Document], request: pytest.FixtureRequest
) -> Collection[Document]:
    return client["tests"][request.node.name]


def numbers(collection: Collection[Document]) -> dict[Any, int]:
    return {document["_id"]: document["n"] for document in collection.find()}


def test_writing_twice_changes_nothing(collection: Collection[Document]) -> None:
    documents: list[Document] = [{"_id": n, "n": n} for n in range(1_000)]
    for _ in range(2):
        assert write_each(collection, documents) == []
    assert numbers(collection) == {n: n for n in range(1_000)}


def test_what_is_refused_is_told_and_all_else_is_written(collection: Collection[Document]) -> None:
    documents: list[Document] = [{"_id": n, "n": n} for n in range(10)]
    documents[2]["n"] = 2**63
    documents[4]["text"] = "x" * MAX_DOCUMENT_BYTES
    documents[6]["_id"] = {"$never": "heard of"}
    documents[8]["text"] = "\ud800"
    assert write_each(collection, documents) == [
        Refused(2, "OverflowError"),
        Refused(4, f"{MAX_DOCUMENT_BYTES + 32} bytes are too many"),
        Refused(6, "BadValue 2"),
        Refused(8, "UnicodeEncodeError"),
    ]
    assert numbers(collection) == {n: n for n in (0, 1, 3, 5, 7, 9)}


def test_a_document_of_the_greatest_size_is_taken(collection: Collection[Document]) -> None:
    text = "x" * (MAX_DOCUMENT_BYTES - 32)
    assert write_each(collection, [{"_id": 1, "n": 1, "text": text}]) == []
    assert write_each(collection, [{"_id": 2, "n": 2, "text": f"{text}x"}]) == [
        Refused(0, f"{MAX_DOCUMENT_BYTES + 1} bytes are too many")
    ]
    assert numbers(collection) == {1: 1}


def test_writes_of_another_kind(collection: Collection[Document]) -> None:
    def keep_greatest(document: Document) -> Write:
        return UpdateOne({"_id": document["_id"]}, {"$max": {"n": document["n"]}}, upsert=True)

    for n in (3, 7, 5):
        assert write_each(collection, [{"_id": "a", "n": n}], write=keep_greatest) == []
    assert numbers(collection) == {"a": 7}


def test_what_exists_is_told_and_not_changed(collection: Collection[Document]) -> None:
    assert insert_new(collection, [{"_id": n, "n": 0} for n in range(0, 900, 2)]) == Inserted(
        [], []
    )
    documents: list[Document] = [{"_id": n, "n": n} for n in range(1, 1200)]
    documents[700]["n"] = 2**63
    outcome = insert_new(collection, documents)
    assert outcome == Inserted(list(range(1, 899, 2)), [Refused(700, "OverflowError")])
    expected = {n: n for n in range(1, 1200) if n != 701} | dict.fromkeys(range(0, 900, 2), 0)
    assert numbers(collection) == expected


def test_of_two_documents_the_one_with_the_greater_first_field_stays(
    collection: Collection[Document],
) -> None:
    def newest(document: Document) -> Write:
        return UpdateOne({"_id": document["_id"]}, {"$max": {"v.0": document["v"]}}, upsert=True)

    for offset, z in ((5, 1), (3, 9), (2**40, 0), (7, 2)):
        given = {"offset": offset, "z": z, "sessoes": [{"a": z}]}
        assert write_each(collection, [{"_id": "a", "v": given}], write=newest) == []
    found = collection.find_one({"_id": "a"}) or {}
    assert found["v"]["0"] == {"offset": 2**40, "z": 0, "sessoes": [{"a": 0}]}


def test_a_command_that_no_server_knows_is_final(client: MongoClient[Document]) -> None:
    with pytest.raises(PermanentError, match="CommandNotFound 59"), mongo_errors():
        client["tests"].command("unheardOf")


def test_while_the_server_is_away_nothing_is_refused_and_then_all_is_written(
    platform: LocalPlatform, collection: Collection[Document]
) -> None:
    documents: list[Document] = [{"_id": n, "n": n} for n in range(3)] + [{"_id": 3, "n": 2**63}]
    platform.stop("mongo")
    attempts = 0
    for attempt in wait_and_retry("a write", timeout=60):
        with attempt:
            attempts += 1
            if attempts == 2:
                platform.start_part("mongo")
            refused = write_each(collection, documents)
    assert attempts >= 2
    assert refused == [Refused(3, "OverflowError")]
    assert numbers(collection) == {0: 0, 1: 1, 2: 2}


def test_a_server_that_hangs_is_away_within_the_timeout(
    platform: LocalPlatform, url: SecretStr, collection: Collection[Document]
) -> None:
    assert write_each(collection, [{"_id": 1, "n": 1}]) == []
    platform.pause("mongo")
    try:
        with connect(MongoSettings(mongo_url=url), application="tests", timeout=0.5) as impatient:
            hanging = impatient["tests"][collection.name]
            with pytest.raises(TransientError):
                write_each(hanging, [{"_id": 1, "n": 2}])
    finally:
        platform.resume("mongo")
    assert write_each(collection, [{"_id": 1, "n": 3}]) == []
    assert numbers(collection) == {1: 3}


_OPEN = """
import jpype
from vitrine_local.mongo_stand_in import Settings, drop_broken_indexes
settings = Settings()
jars = [str(jar) for jar in settings.jars_dir.glob("*.jar")]
jpype.startJVM(str(settings.java_library), classpath=jars)
store = jpype.JClass("org.h2.mvstore.MVStore").open(str(settings.data_file))
"""
_LOSE_AN_INDEX_ENTRY = """
(name,) = [n for n in map(str, store.getMapNames()) if n.startswith("tests.broken._index_")]
index = store.openMap(name)
assert index.size() == 3
index.remove(index.firstKey())
store.close()
"""
_DROP_BROKEN_INDEXES = """
before = [n for n in map(str, store.getMapNames()) if "._index_" in n]
drop_broken_indexes(store)
left = [n for n in map(str, store.getMapNames()) if "._index_" in n]
assert "tests.whole._index__id_" in left
assert sorted(left) == sorted(before)
store.close()
"""


def run_on_the_file(platform: LocalPlatform, program: str) -> None:
    """While the server is stopped."""
    environment = platform.environment("mongo")
    subprocess.run([sys.executable, "-c", _OPEN + program], env=environment, check=True)


def test_an_index_that_a_killed_stand_in_left_behind_is_built_anew(
    platform: LocalPlatform, client: MongoClient[Document]
) -> None:
    documents: list[Document] = [{"_id": n, "n": n} for n in range(3)]
    assert write_each(client["tests"]["broken"], documents) == []
    platform.stop("mongo")
    run_on_the_file(platform, _LOSE_AN_INDEX_ENTRY)
    platform.start(["mongo"])
    again: list[Document] = [{"_id": n, "n": 2 * n} for n in range(4)]
    assert write_each(client["tests"]["broken"], again) == []
    assert numbers(client["tests"]["broken"]) == {n: 2 * n for n in range(4)}


def test_an_index_that_is_whole_is_kept_at_a_start(
    platform: LocalPlatform, client: MongoClient[Document]
) -> None:
    assert write_each(client["tests"]["whole"], [{"_id": n, "n": n} for n in range(3)]) == []
    platform.stop("mongo")
    run_on_the_file(platform, _DROP_BROKEN_INDEXES)
    platform.start(["mongo"])
    assert numbers(client["tests"]["whole"]) == {n: n for n in range(3)}
