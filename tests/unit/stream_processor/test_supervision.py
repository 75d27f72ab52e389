"""How a query that fails is kept, and how its sink's error is seen."""

import pytest

from stream_processor.supervision import BatchGuard, pause
from warehouse.ledger import FencedError


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 2), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (500, 60)]
)
def test_a_query_that_fails_again_waits_longer(failures: int, seconds: float) -> None:
    assert pause(failures) == seconds


def test_the_error_of_a_batch_is_kept_as_it_is() -> None:
    guard = BatchGuard()
    error = FencedError("superseded")
    with pytest.raises(FencedError), guard:
        raise error
    assert guard.failure is error
    with guard:
        pass
    assert guard.failure is None


def test_no_batch_begins_once_the_guard_is_closed() -> None:
    guard = BatchGuard()
    guard.close(timeout=1)
    assert guard._lock.locked()
