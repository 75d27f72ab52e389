"""Answers as bytes with an ETag, kept while the figures they were made from stand."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final

import msgspec
from fastapi import Request, Response

from service_runtime.prepared import Prepared, has_it

_KEPT: Final = 256


class Answers:
    """The answers asked for last, the longest unused let go first."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._answers: OrderedDict[Hashable, tuple[object, Prepared]] = OrderedDict()

    def get(self, question: Hashable, version: object, make: Callable[[], Any]) -> Prepared:
        """The answer to a question as of a version, made when first asked for."""
        known = self._answers.get(question)
        if known is None or known[0] != version:
            known = (version, Prepared.of(msgspec.json.encode(make())))
            self._answers[question] = known
        self._answers.move_to_end(question)
        while len(self._answers) > self._kept:
            self._answers.popitem(last=False)
        return known[1]


def respond(request: Request, prepared: Prepared, *, age: float | None) -> Response:
    """200 with the body, or 304 where the client has it; `age` in seconds."""
    headers = {"ETag": prepared.etag, "Cache-Control": "no-cache"}
    if age is not None:
        headers["Age"] = str(int(age))
    if has_it(request.headers.get("if-none-match"), prepared.etag):
        return Response(status_code=304, headers=headers)
    return Response(prepared.body, media_type="application/json", headers=headers)
