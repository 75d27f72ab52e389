"""The greatest need of the last minutes, which scaling down does not go below."""

from dataclasses import dataclass
from typing import Final

BUCKETS: Final = 10


@dataclass(frozen=True, slots=True)
class Window:
    """The greatest need of each tenth of the window, with the tenth's number since the epoch."""

    since: float
    needs: tuple[tuple[int, float], ...] = ()

    def is_whole(self, at: float, *, seconds: float) -> bool:
        return at - self.since >= seconds

    @property
    def greatest(self) -> float:
        return max((need for _, need in self.needs), default=0.0)


def seen(window: Window | None, need: float, *, at: float, seconds: float) -> Window:
    """The window with this need in it, without what is older than the window is long."""
    window = window or Window(at)
    bucket = int(at * BUCKETS / max(seconds, 1.0))
    kept = {b: n for b, n in window.needs if bucket - BUCKETS <= b <= bucket}
    kept[bucket] = max(need, kept.get(bucket, 0.0))
    return Window(window.since, tuple(sorted(kept.items())))
