"""Draws docs/images/flash-sale.svg from a run of tests/cluster/test_flash_sale.py, and prints its
figures: `python -m tests.bench.flash_sale [.vitrine/flash-sale.json]`."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.bench.time_chart import Line, Panel, Span, drawn
from tests.support.scaling_record import (
    Points,
    ScalingRecord,
    ages,
    arrivals,
    commits,
    lags,
    over,
)

RECORD: Final = Path(__file__).parents[1] / "data" / "flash-sale.json"
"""The run that the page in the docs tells of."""
PAGE: Final = Path(__file__).parents[2] / "docs" / "flash-sale.md"
PICTURE: Final = PAGE.parent / "images" / "flash-sale.svg"
_LAG, _OBJECTIVE, _IN, _OUT = "#0969da", "#cf222e", "#1a7f37", "#8250df"


def main(arguments: Sequence[str]) -> None:
    """Take over the record that is named, if one is."""
    if arguments:
        RECORD.write_bytes(Path(arguments[0]).read_bytes())
    record = ScalingRecord.load(RECORD)
    PICTURE.write_text(picture(record), "utf-8")
    print("\n".join(figures(record)))


def picture(record: ScalingRecord) -> str:
    """Lag, rates and replicas from the first look to the last."""
    begin, end = record.looks[0].at, record.looks[-1].at

    def since(points: Points) -> Points:
        return [(round(at - begin, 1), value) for at, value in points if begin <= at <= end]

    objective = [(0.0, record.objective_seconds), (end - begin, record.objective_seconds)]
    asked = since([(look.at, look.replicas) for look in record.looks])
    ready = since([(look.at, look.ready) for look in record.looks])
    panels = [
        Panel(
            "Lag, s",
            [
                Line("age of the oldest unread event", since(ages(record.offsets)), _LAG),
                Line("objective", objective, _OBJECTIVE, is_step=True, is_dashed=True),
            ],
        ),
        Panel(
            "Events a second",
            [
                Line("arrived", since(arrivals(record.offsets)), _IN),
                Line("committed", since(commits(record.offsets)), _OUT),
            ],
        ),
        Panel(
            "Replicas of click-logger",
            [
                Line("asked for", asked, _IN, is_step=True),
                Line("ready", ready, _OUT, is_step=True, is_dashed=True),
            ],
        ),
    ]
    spans = [Span(name, a - begin, b - begin) for name, a, b in _spans(record)]
    return drawn(panels, spans, seconds=end - begin)


def _spans(record: ScalingRecord) -> Iterator[tuple[str, float, float]]:
    yield "the sale", record.marked("the sale begins"), record.marked("the sale ends")
    yield "no broker", record.marked("the broker leaves"), record.marked("the broker returns")


def figures(record: ScalingRecord) -> Iterator[str]:
    """Rows of the tables in the page: seconds from what began until what came of it."""
    lasting = record.marked("the sale ends") - record.marked("the sale begins")
    yield f"| the sale | {lasting:.0f} s |"
    yield f"| the greatest age | {max(value for _, value in ages(record.offsets)):.0f} s |"
    yield f"| events a second that one replica does | {record.capacity:.0f} |"
    for what in ("the sale begins", "the broker returns"):
        yield from _reaction(record, what)


def _reaction(record: ScalingRecord, what: str) -> Iterator[str]:
    since = record.marked(what)
    work = record.objective_seconds * record.capacity
    late = over(lags(record.offsets), work, after=since)
    old = over(ages(record.offsets), record.objective_seconds, after=since)
    up = next((at for at, replicas in record.changes() if at > since and replicas > 1), None)
    down = next((at for at, replicas in record.changes() if at > since and replicas == 1), None)
    yield f"| {what} | 0 s |"
    for name, at in (
        (f"lag of {work:,.0f} events", late),
        ("age above the objective", old),
        ("2 replicas are written", up),
        ("1 replica is written", down),
    ):
        if at is not None:
            yield f"| {name} | {at - since:.0f} s |"


if __name__ == "__main__":
    main(sys.argv[1:])
