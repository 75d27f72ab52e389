"""A request waits for a moment for what is made in the background, and never longer."""

import asyncio
from typing import TypeVar

from analytics_api.problems import NotReadyError

_Result = TypeVar("_Result")


async def result_within(task: asyncio.Task[_Result], seconds: float, otherwise: str) -> _Result:
    """The result of a task, which goes on whoever waits or goes away. Raises NotReadyError, with
    what is to be said then, when it takes longer."""
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        raise NotReadyError(otherwise)
    return task.result()
