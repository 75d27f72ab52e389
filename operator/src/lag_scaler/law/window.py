"""The greatest need of the last minutes, which scaling down does not go below."""

from dataclasses import dataclass
from typing import Final

BUCKETS: Final = 10


@dataclass(frozen=True, slots=True)
class Window:
    """The greatest need of each tenth of a window of `seconds`, with the tenth's number since the
    epoch."""

    since: float
    seconds: float
    needs: tuple[tuple[int, float], ...] = ()

    def is_whole(self, at: float) -> bool:
        return at - self.since >= self.seconds

    @property
    def greatest(self) -> float:
        return max((need for _, need in self.needs), default=0.0)


def updated_window(window: Window | None, need: float, *, at: float, seconds: float) -> Window:
    """The window with this need in it, without what is older than the window is long. One of
    another length begins anew: its tenths are others."""
    if window is None or window.seconds != seconds:
        window = Window(at, seconds)
    bucket = int(at * BUCKETS / max(seconds, 1.0))
    kept = {b: n for b, n in window.needs if bucket - BUCKETS <= b <= bucket}
    kept[bucket] = max(need, kept.get(bucket, 0.0))
    return Window(window.since, seconds, tuple(sorted(kept.items())))
