"""Answers that are quick to make, kept by their question until there is another version of them."""

from collections.abc import Callable, Hashable

from fastapi import Request, Response

from analytics_api.answers import EncodedAnswer, Version, respond
from analytics_api.figures import Store
from analytics_api.routers.memory import Memory


def kept_answer(
    request: Request, memory: Memory, version: Version, make: Callable[[], str], *stores: Store
) -> Response:
    """The JSON of `make` for this version, of a path that has no parameters."""

    def encoded() -> EncodedAnswer:
        return EncodedAnswer.of(make().encode())

    return kept_encoded(request, memory, request.scope["path"], version, encoded, *stores)


def kept_encoded(
    request: Request,
    memory: Memory,
    question: Hashable,
    version: Version,
    make: Callable[[], EncodedAnswer],
    *stores: Store,
) -> Response:
    """The answer to the question in this version, as old as the oldest of the stores. The same
    request is answered again without its route."""

    def current() -> EncodedAnswer:
        return memory.answers.at_once(question, version(), make)

    def age() -> float | None:
        return memory.age(*stores)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())
