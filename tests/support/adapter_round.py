"""Drives an adapter through a round, or a reading of single products, without any I/O."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inventory_poller.adapters.contract import (
    Adapter,
    Call,
    Item,
    Request,
    Response,
    Start,
    WebhookAdapter,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Round:
    """What an adapter asked and read, in order."""

    requests: list[Request] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    cursor: str | None = None
    credentials: list[str] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]

    @property
    def levels(self) -> dict[tuple[str | None, str], int | None]:
        return {(item.location, item.id_produto): item.level for item in self.items}


def run_round(
    adapter: Adapter,
    answer: Callable[[Request], Response],
    *,
    cursor: str | None = None,
    credential: str | None = None,
) -> Round:
    """Until the adapter has no further call; at most a hundred."""
    return _run(adapter.first(Start(cursor, NOW, credential)), answer, cursor)


def read_again(
    adapter: WebhookAdapter,
    products: Sequence[int],
    answer: Callable[[Request], Response],
    *,
    credential: str | None = None,
) -> Round:
    """The same for these products alone."""
    return _run(adapter.read_again(products, Start(None, NOW, credential)), answer, None)


def _run(call: Call, answer: Callable[[Request], Response], cursor: str | None) -> Round:
    done = Round(cursor=cursor)
    for _ in range(100):
        response = answer(call.request)
        assert response.status in call.request.accepts
        page = call.read(response)
        done.requests.append(call.request)
        done.items += page.items
        done.skipped += page.skipped
        done.cursor = page.cursor or done.cursor
        done.credentials += [page.credential] if page.credential else []
        if page.next is None:
            return done
        call = page.next
    raise AssertionError("the round does not end")


def json_response(document: object, status: int = 200, **headers: str) -> Response:
    """An answer with a JSON body; `_` in a header's name stands for `-`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, names, json.dumps(document).encode())
