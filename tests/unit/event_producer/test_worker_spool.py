"""Which worker gets which spool, on a real disk."""

from pathlib import Path

import pytest

from event_producer.intake import Message
from event_producer.spool import Spool, SpoolInUseError
from event_producer.worker_spool import WorkerSpools, divided, open_worker_spools

MESSAGES = [Message(f"u{n}", b"{%d}" % n, {}) for n in range(5)]


def opened(path: Path, *, workers: int, max_bytes: int, stock: bool = False) -> WorkerSpools:
    limits = divided(max_bytes, workers=workers, takes_stock=stock)
    return open_worker_spools(path, workers=workers, limits=limits)


def values_of(spool: Spool) -> list[bytes]:
    return [entry.message.value for entry in spool.head(99)]


def test_each_worker_has_a_spool_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    all_opened = [opened(path, workers=3, max_bytes=900) for _ in range(3)]
    assert [own.worker for own in all_opened] == [0, 1, 2]
    assert [own.eventos.room for own in all_opened] == [300, 300, 300]
    names = {found.name for found in tmp_path.iterdir() if not found.name.endswith("-wal")}
    assert names == {"spool", "spool.1", "spool.2"}
    with pytest.raises(SpoolInUseError):
        opened(path, workers=3, max_bytes=900)


def test_a_worker_that_comes_back_finds_what_it_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    _zero, one = (opened(path, workers=2, max_bytes=2000) for _ in range(2))
    one.eventos.append(MESSAGES)
    one.eventos.close()
    again = opened(path, workers=2, max_bytes=2000)
    assert (again.worker, values_of(again.eventos)) == (1, [b"{%d}" % n for n in range(5)])


def test_one_worker_takes_over_what_several_left(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    all_opened = [opened(path, workers=3, max_bytes=9000) for _ in range(3)]
    for own, message in zip(all_opened, MESSAGES, strict=False):
        own.eventos.append([message])
        own.eventos.close()
    alone = opened(path, workers=1, max_bytes=100)
    assert values_of(alone.eventos) == [b"{0}", b"{1}", b"{2}"]
    assert [found.name for found in tmp_path.glob("spool.*")] == []


def test_a_spool_that_is_still_held_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    first, second = (opened(path, workers=2, max_bytes=2000) for _ in range(2))
    second.eventos.append(MESSAGES)
    first.eventos.close()
    alone = opened(path, workers=1, max_bytes=2000)
    assert values_of(alone.eventos) == []
    assert len(values_of(second.eventos)) == len(MESSAGES)


def test_other_files_beside_it_are_none(tmp_path: Path) -> None:
    (tmp_path / "spool.bak").write_text("a copy")
    opened(tmp_path / "spool", workers=1, max_bytes=2000)
    assert (tmp_path / "spool.bak").read_text() == "a copy"


@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize(("max_bytes", "workers"), [(256 << 20, 1), (256 << 20, 3), (1001, 7)])
def test_all_spools_together_keep_within_the_setting(
    max_bytes: int, workers: int, stock: bool
) -> None:
    limits = divided(max_bytes, workers=workers, takes_stock=stock)
    assert max_bytes - workers < sum(limits) * workers <= max_bytes
    assert limits.estoque == (sum(limits) // 8 if stock else 0)


def test_stock_updates_have_spools_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    both = [opened(path, workers=2, max_bytes=1600, stock=True) for _ in range(2)]
    assert [own.worker for own in both] == [0, 1]
    assert [(own.eventos.room, own.estoque and own.estoque.room) for own in both] == [
        (700, 100),
        (700, 100),
    ]
    names = {found.name for found in tmp_path.iterdir() if not found.name.endswith("-wal")}
    assert names == {"spool", "spool.1", "spool.estoque", "spool.estoque.1"}


def test_one_worker_takes_over_the_stock_updates_of_several(tmp_path: Path) -> None:
    """Though it takes no further ones."""
    path = tmp_path / "spool"
    for own in [opened(path, workers=3, max_bytes=90_000, stock=True) for _ in range(3)]:
        assert own.estoque
        own.estoque.append([MESSAGES[own.worker]])
        own.estoque.close()
        own.eventos.close()
    alone = opened(path, workers=1, max_bytes=90_000)
    assert alone.estoque
    assert values_of(alone.estoque) == [b"{0}", b"{1}", b"{2}"]
    assert alone.estoque.room <= 0
    assert values_of(alone.eventos) == []
    assert {found.name for found in tmp_path.glob("spool.*")} == {
        "spool.estoque",
        "spool.estoque-wal",
    }


def test_no_file_is_made_for_what_nobody_sends(tmp_path: Path) -> None:
    assert opened(tmp_path / "spool", workers=1, max_bytes=900).estoque is None
    assert list(tmp_path.glob("*estoque*")) == []
