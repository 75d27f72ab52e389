"""How long the log is kept, where a server refuses an index with another expiry."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import OperationFailure
from tests.support.mongo_failures import failure

from event_contracts.names import COLLECTION_LOGS
from platform_jobs.indexes import _ensure, indexes_of


class Refusing:
    """A database of which every index exists with other options, as MongoDB itself says it; the
    stand-in takes another expiry without a word."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.commands: list[tuple[Any, ...]] = []

    def __getitem__(self, _name: str) -> "Refusing":
        return self

    def create_indexes(self, _indexes: list[Any]) -> None:
        raise failure(self.code)

    def command(self, *arguments: Any, **options: Any) -> None:
        self.commands.append((*arguments, options))


EXPIRY, BY_CUSTOMER = indexes_of(click_log_kept=timedelta(days=7))[COLLECTION_LOGS]


def test_another_expiry_is_set_on_the_index_that_exists() -> None:
    database: Any = Refusing(85)
    _ensure(database, COLLECTION_LOGS, EXPIRY)
    changed = {"name": "gravado_em", "expireAfterSeconds": 7 * 86_400}
    assert database.commands == [("collMod", "logs_cliques", {"index": changed})]


@pytest.mark.parametrize(
    ("code", "index"),
    [
        pytest.param(85, BY_CUSTOMER, id="an index that does not expire"),
        pytest.param(86, EXPIRY, id="another index of that name"),
    ],
)
def test_any_other_refusal_is_raised(code: int, index: Any) -> None:
    database: Any = Refusing(code)
    with pytest.raises(OperationFailure):
        _ensure(database, COLLECTION_LOGS, index)
    assert database.commands == []
