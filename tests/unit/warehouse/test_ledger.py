"""Whether the ledger has a batch; and a model of the ledger with gaps, drivers and crashes."""

from dataclasses import dataclass, field, fields
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.ledger import (
    CommitState,
    FencedError,
    GapError,
    OffsetRange,
    commit_state,
    row_of,
)
from warehouse.ledger_row import LedgerRow
from warehouse.tables import INGESTAO

TOPIC = "eventos_clientes"
Ranges = list[tuple[int, int, int]]


def _ranges(found: Ranges) -> list[OffsetRange]:
    return [OffsetRange(TOPIC, *r) for r in found]


def a_row(span: OffsetRange, n_read: int, written: int, duplicate: int, dead: int) -> LedgerRow:
    return row_of(span, n_read=n_read, n_written=written, n_duplicate=duplicate, n_dead=dead)


def _done(found: dict[int, int]) -> dict[tuple[str, int], int]:
    return {(TOPIC, partition): off_to for partition, off_to in found.items()}


@pytest.mark.parametrize(
    ("ranges", "done", "expected"),
    [
        pytest.param([(0, 5, 9)], {0: 5}, CommitState.NEW, id="continues the ledger"),
        pytest.param([(0, 5, 9)], {}, CommitState.NEW, id="a partition never read begins anywhere"),
        pytest.param([(0, 5, 9)], {0: 9}, CommitState.DONE, id="was committed before a crash"),
        pytest.param([(0, 5, 9)], {0: 20}, CommitState.DONE, id="lies far behind the ledger"),
        pytest.param([(0, 5, 9), (1, 0, 2)], {0: 5, 1: 0}, CommitState.NEW, id="two partitions"),
        pytest.param([], {0: 5}, CommitState.DONE, id="nothing read"),
    ],
)
def test_commit_state(ranges: Ranges, done: dict[int, int], expected: CommitState) -> None:
    assert commit_state(_ranges(ranges), _done(done)) is expected


def test_topics_are_told_apart() -> None:
    offered = [OffsetRange("atualizacoes_estoque", 0, 0, 3)]
    assert commit_state(offered, _done({0: 9})) is CommitState.NEW


@pytest.mark.parametrize(
    ("ranges", "done"),
    [
        pytest.param([(0, 6, 9)], {0: 5}, id="leaves a gap"),
        pytest.param([(0, 4, 9)], {0: 5}, id="overlaps"),
        pytest.param([(0, 5, 9), (1, 0, 2)], {0: 5, 1: 2}, id="half done"),
    ],
)
def test_what_does_not_continue_is_refused(ranges: Ranges, done: dict[int, int]) -> None:
    with pytest.raises(GapError):
        commit_state(_ranges(ranges), _done(done))


@pytest.mark.parametrize(
    ("length", "n_read", "outcomes"),
    [
        pytest.param(10, 10, (5, 1, 1), id="less than was read"),
        pytest.param(10, 11, (10, 1, 0), id="more than the range has offsets"),
        pytest.param(10, 10, (11, -1, 0), id="a negative outcome"),
    ],
)
def test_a_ledger_row_must_add_up(length: int, n_read: int, outcomes: tuple[int, int, int]) -> None:
    with pytest.raises(GapError):
        a_row(OffsetRange(TOPIC, 0, 0, length), n_read, *outcomes)


def test_offsets_without_a_record_are_absent() -> None:
    assert a_row(OffsetRange(TOPIC, 0, 5, 9), 3, 2, 1, 0).n_absent == 1
    assert a_row(OffsetRange(TOPIC, 0, 5, 9), 0, 0, 0, 0).n_absent == 4


def test_a_ledger_row_has_the_columns_of_the_table_in_their_order() -> None:
    columns = [column.name for column in INGESTAO.columns]
    assert columns == ["query", "epoch", *(f.name for f in fields(LedgerRow)), "committed_at"]


@dataclass
class Model:
    """The warehouse as the ledger's rules see it: commits are whole, crashes lose the rest."""

    records: set[int]
    """Offsets that hold a record; the others are markers, aborted or compacted."""
    epoch: int = 0
    rows: list[LedgerRow] = field(default_factory=list)
    written: list[int] = field(default_factory=list)

    @property
    def position(self) -> int:
        return max((row.off_to for row in self.rows), default=0)

    def commit(self, epoch: int, offered: OffsetRange) -> CommitState:
        if epoch != self.epoch:
            raise FencedError
        verdict = commit_state([offered], _done({0: self.position}) if self.rows else {})
        if verdict is CommitState.NEW:
            read = sorted(o for o in self.records if offered.off_from <= o < offered.off_to)
            self.rows.append(a_row(offered, len(read), len(read), 0, 0))
            self.written += read
        return verdict


@dataclass
class Driver:
    """One driver: it plans from where it believes to be, whatever happened since."""

    epoch: int
    at: int

    def run(self, model: Model, length: int, end: int, *, crash: bool) -> None:
        planned = OffsetRange(TOPIC, 0, self.at, min(self.at + length, end))
        if len(planned):
            model.commit(self.epoch, planned)
            if crash:
                model.commit(self.epoch, planned)
            self.at = planned.off_to


STEPS = st.lists(
    st.tuples(st.sampled_from(("batch", "crash", "take over", "old")), st.integers(1, 9)),
    max_size=60,
)


@given(records=st.sets(st.integers(0, 79)), steps=STEPS)
def test_whatever_happens_each_record_is_written_once(
    records: set[int], steps: list[tuple[str, int]]
) -> None:
    """Two drivers, batches cut anywhere, commits repeated after a crash, absent offsets."""
    model, end = Model(records), 80
    old = current = Driver(0, 0)
    for what, length in steps:
        if what == "take over":
            model.epoch += 1
            old, current = current, Driver(model.epoch, model.position)
        elif what == "old" and old.epoch != model.epoch:
            if len(OffsetRange(TOPIC, 0, old.at, min(old.at + length, end))):
                with pytest.raises(FencedError):
                    old.run(model, length, end, crash=False)
        else:
            current.run(model, length, end, crash=what == "crash")
    while current.at < end:
        current.run(model, 7, end, crash=False)
    assert model.written == sorted(records)
    assert sum(row.n_absent for row in model.rows) == end - len(records)
    assert all(a.off_to == b.off_from for a, b in pairwise(model.rows))
