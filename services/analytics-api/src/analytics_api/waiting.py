"""A request waits for a moment for what is made in the background, and never longer."""

import asyncio
from typing import Final, TypeVar

from analytics_api.problems import NotReadyError

REQUEST_WAIT_SECONDS: Final = 2.0
"""How long a request waits; then it is told to come again."""

_Result = TypeVar("_Result")


async def result_soon(task: asyncio.Task[_Result], otherwise: str) -> _Result:
    """The result of a task, which goes on whoever waits or goes away. Raises NotReadyError, with
    what is to be said then, when it takes longer than REQUEST_WAIT_SECONDS."""
    done, _ = await asyncio.wait({task}, timeout=REQUEST_WAIT_SECONDS)
    if not done:
        raise NotReadyError(otherwise)
    return task.result()
