"""Limits how long a request waits for work in the background."""

import asyncio
from typing import Final, TypeVar

from analytics_api.problems import NotReadyError

REQUEST_WAIT_SECONDS: Final = 2.0
"""After this many seconds the request is answered that it must come again."""

_Result = TypeVar("_Result")


async def result_soon(task: asyncio.Task[_Result], otherwise: str) -> _Result:
    """The result of a task; the task continues if the request ends. Raises NotReadyError with the
    text `otherwise` if it takes longer than REQUEST_WAIT_SECONDS."""
    done, _ = await asyncio.wait({task}, timeout=REQUEST_WAIT_SECONDS)
    if not done:
        raise NotReadyError(otherwise)
    return task.result()
