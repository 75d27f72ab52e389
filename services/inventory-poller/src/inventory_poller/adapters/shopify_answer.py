"""The answers of Shopify's GraphQL Admin API, and what its errors and costs ask for."""

from datetime import datetime
from typing import Final

import msgspec

from inventory_poller.adapters.answer import read_document
from inventory_poller.adapters.contract import LimitedError, Response, UnreadableError

_THROTTLED: Final = "THROTTLED"
_LONGEST_CODE: Final = 50
"""Of an error's code in the log."""


class InventoryItem(msgspec.Struct, frozen=True, rename="camel"):
    legacy_resource_id: str | int
    tracked: bool
    sku: str | None = None


class Quantity(msgspec.Struct, frozen=True, rename="camel"):
    quantity: int
    updated_at: datetime | None = None


class Level(msgspec.Struct, frozen=True):
    item: InventoryItem
    quantities: list[Quantity]


class _LevelAt(msgspec.Struct, frozen=True):
    quantities: list[Quantity]


class StockedItem(InventoryItem, frozen=True, rename="camel"):
    """`inventory_level` is null where the item is not stocked."""

    inventory_level: _LevelAt | None = None


class _PageInfo(msgspec.Struct, frozen=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class _Levels(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: _PageInfo


class _Location(msgspec.Struct, frozen=True, rename="camel"):
    inventory_levels: _Levels


class Data(msgspec.Struct, frozen=True):
    location: _Location | None = None
    nodes: list[msgspec.Raw] | None = None


class _Throttle(msgspec.Struct, frozen=True, rename="camel"):
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, frozen=True, rename="camel"):
    requested_query_cost: float
    throttle_status: _Throttle


class _Extensions(msgspec.Struct, frozen=True):
    cost: _Cost | None = None


class _ErrorExtensions(msgspec.Struct, frozen=True):
    code: str | None = None


class _Error(msgspec.Struct, frozen=True):
    extensions: _ErrorExtensions | None = None


class _Answer(msgspec.Struct, frozen=True):
    data: Data | None = None
    errors: list[_Error] | str | None = None
    extensions: _Extensions | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def read_data(response: Response) -> tuple[Data, float]:
    """The data of an answer that is no error, and the seconds to wait after it."""
    answer = read_document(response, _ANSWER)
    pause = _pause(answer.extensions)
    _check(answer, pause)
    return answer.data or Data(), pause


def _check(answer: _Answer, pause: float) -> None:
    """LimitedError or UnreadableError where the answer is an error, whose status is 200 too."""
    if not answer.errors:
        return
    errors = answer.errors if isinstance(answer.errors, list) else []
    given = {each.extensions.code for each in errors if each.extensions}
    codes = {code[:_LONGEST_CODE] for code in given if code}
    if _THROTTLED in codes:
        raise LimitedError("throttled", wait=pause or None)
    raise UnreadableError(f"GraphQL errors: {', '.join(sorted(codes)) or 'without a code'}")


def _pause(extensions: _Extensions | None) -> float:
    """Seconds until there are points enough for a query of the same cost."""
    if extensions is None or extensions.cost is None:
        return 0.0
    throttle = extensions.cost.throttle_status
    lacking = extensions.cost.requested_query_cost - throttle.currently_available
    return max(lacking, 0.0) / throttle.restore_rate if throttle.restore_rate > 0 else 0.0
