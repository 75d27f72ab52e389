"""Answers that are quick to make, kept by their path until there is another version of them."""

from collections.abc import Callable

from fastapi import Request, Response

from analytics_api.answers import EncodedAnswer, Version, respond
from analytics_api.figures import Store
from analytics_api.routers.memory import Memory


def kept_answer(
    request: Request, memory: Memory, version: Version, make: Callable[[], str], *stores: Store
) -> Response:
    """The JSON of `make` for this version, as old as the oldest of the stores. The same request is
    answered again without its route."""
    question = request.scope["path"]

    def current() -> EncodedAnswer:
        return memory.answers.at_once(question, version(), make)

    def age() -> float | None:
        return memory.age(*stores)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())
