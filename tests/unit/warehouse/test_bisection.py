"""A model of a warehouse that refuses some records: exactly these are set aside."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.bisection import Ranges, load_around
from warehouse.driver_errors import RefusedDataError
from warehouse.ledger import CommitState, OffsetRange, commit_state

Record = tuple[str, int, int]


class CrashError(Exception):
    """The driver ends."""


@dataclass
class Model:
    """What is committed is whole; a load that holds a refused record commits nothing."""

    refused: set[Record]
    crash_after: int = -1
    """So many calls from now; never, where it is negative."""
    calls: int = 0
    committed: list[OffsetRange] = field(default_factory=list)
    letters: list[Record] = field(default_factory=list)

    def load(self, ranges: Ranges) -> None:
        self._call()
        if self.refused & set(_records(ranges)):
            raise RefusedDataError("too long")
        self._commit(ranges)

    def set_aside(self, record: OffsetRange, error: RefusedDataError) -> None:
        self._call()
        assert error.reason == "too long"
        self.letters += _records([record])
        self._commit([record])

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        return {(span.topic, span.partition): span.off_to for span in self.committed}

    def _commit(self, ranges: Ranges) -> None:
        assert commit_state(ranges, self.positions) is CommitState.NEW
        self.committed += ranges

    def _call(self) -> None:
        if self.calls == self.crash_after:
            self.crash_after = -1
            raise CrashError
        self.calls += 1


def _records(ranges: Ranges) -> list[Record]:
    return [
        (span.topic, span.partition, offset)
        for span in ranges
        for offset in range(span.off_from, span.off_to)
    ]


def _rest(ranges: Ranges, done: dict[tuple[str, int], int]) -> list[OffsetRange]:
    """What a new driver plans."""
    begun = [
        OffsetRange(r.topic, r.partition, done.get((r.topic, r.partition), r.off_from), r.off_to)
        for r in ranges
    ]
    return [span for span in begun if len(span)]


KEYS = [(topic, n) for topic in ("atualizacoes_estoque", "eventos_clientes") for n in range(4)]


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[OffsetRange], set[Record]]:
    """Ranges of two topics and several partitions, and some of their records."""
    spans = st.tuples(st.integers(0, 1000), st.integers(1, 70))
    found = draw(st.lists(spans, min_size=1, max_size=len(KEYS)))
    keys = sorted(draw(st.permutations(KEYS))[: len(found)])
    ranges = [
        OffsetRange(topic, partition, begin, begin + length)
        for (topic, partition), (begin, length) in zip(keys, found, strict=True)
    ]
    return ranges, set(draw(st.lists(st.sampled_from(_records(ranges)), max_size=12)))


@settings(deadline=None)
@given(batches(), st.integers(-1, 60))
def test_exactly_what_is_refused_is_set_aside(
    batch: tuple[list[OffsetRange], set[Record]], crash_after: int
) -> None:
    """Also where the driver ends anywhere in between, and another goes on from the ledger."""
    ranges, refused = batch
    model = Model(refused, crash_after)
    try:
        load_around(ranges, load=model.load, set_aside=model.set_aside)
    except CrashError:
        if rest := _rest(ranges, model.positions):
            load_around(rest, load=model.load, set_aside=model.set_aside)
    assert sorted(model.letters) == sorted(refused)
    assert sorted(_records(model.committed)) == sorted(_records(ranges))
    for a, b in pairwise(sorted(model.committed)):
        same = (a.topic, a.partition) == (b.topic, b.partition)
        assert not same or a.off_to == b.off_from


@settings(deadline=None)
@given(batches())
def test_it_takes_two_loads_for_each_halving(
    batch: tuple[list[OffsetRange], set[Record]],
) -> None:
    ranges, refused = batch
    model = Model(refused)
    load_around(ranges, load=model.load, set_aside=model.set_aside)
    halvings = ceil(log2(len(ranges))) + ceil(log2(max(map(len, ranges))))
    assert model.calls <= 1 + len(refused) * (2 * halvings + 1)


def test_one_of_fifty_thousand_takes_few_loads() -> None:
    model = Model({("eventos_clientes", 0, 31_234)})
    span = OffsetRange("eventos_clientes", 0, 0, 50_000)
    load_around([span], load=model.load, set_aside=model.set_aside)
    assert model.calls <= 1 + 2 * 16 + 1
    assert model.letters == [("eventos_clientes", 0, 31_234)]


def test_a_record_that_cannot_be_set_aside_is_not_left_out() -> None:
    model = Model({("eventos_clientes", 0, 2)})

    def fails(_record: OffsetRange, error: RefusedDataError) -> None:
        raise error

    span = OffsetRange("eventos_clientes", 0, 0, 4)
    with pytest.raises(RefusedDataError):
        load_around([span], load=model.load, set_aside=fails)
    assert _records(model.committed) == _records([OffsetRange("eventos_clientes", 0, 0, 2)])
