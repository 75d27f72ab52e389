"""Answers that are kept by their question until there is another version of them."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from fastapi import Request, Response

from analytics_api.answers import EncodedAnswer, Make, Version, respond
from analytics_api.figures import Store
from analytics_api.routers.memory import Memory


def kept_answer(
    request: Request, memory: Memory, version: Version, make: Callable[[], str], *stores: Store
) -> Response:
    """The JSON of `make` for this version, of a path that has no parameters; it is quick to
    make."""

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

    memory.repeated_requests.remember(request.scope, current, age)
    return respond(request, current(), age=age())


async def made_answer(
    request: Request,
    memory: Memory,
    question: Hashable,
    version: Version,
    make: Make,
    *stores: Store,
) -> Response:
    """The same of an answer that takes time to make. While the newest takes long it is the last
    one, which is as old as the stores were when its making began."""

    def newest() -> EncodedAnswer | None:
        return memory.answers.known(question, version())

    def age() -> float | None:
        return memory.age(*stores)

    async def make_now() -> EncodedAnswer:
        read_at = memory.confirmed_at(*stores)
        return replace(await make(), read_at=read_at)

    answer = await memory.answers.get(question, version, make_now)
    memory.repeated_requests.remember(request.scope, newest, age)
    told_age = age() if newest() is answer else memory.age(read_at=answer.read_at)
    return respond(request, answer, age=told_age)
