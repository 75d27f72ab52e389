"""The record of a flash sale, and the picture of it in the docs."""

from xml.etree import ElementTree

import pytest
from tests.bench.flash_sale import PAGE, PICTURE, RECORD, figures, picture
from tests.bench.time_chart import Line, Panel, Span, drawn
from tests.support.scaling_record import (
    Look,
    Offsets,
    ScalingRecord,
    ages,
    arrivals,
    commits,
    over,
)

SVG = "{http://www.w3.org/2000/svg}"
OFFSETS = [
    Offsets(100.0, (10, 50), (10, 50)),
    Offsets(101.0, (20, 50), (10, 50)),
    Offsets(103.0, (40, 51), (10, 50)),
    Offsets(110.0, (40, 90), (30, 90)),
    Offsets(120.0, (40, 90), (40, 90)),
]


def test_the_oldest_record_came_when_the_end_passed_it() -> None:
    # At 110 offset 30 is next, and it came between 101 and 103.
    assert ages(OFFSETS) == [(100, 0), (101, 0), (103, 2), (110, 7), (120, 0)]


def test_rates_are_of_the_last_ten_seconds() -> None:
    assert arrivals(OFFSETS)[-2:] == [(110, 7.0), (120, 0.0)]
    assert commits(OFFSETS)[-2:] == [(110, 6.0), (120, 1.0)]


@pytest.mark.parametrize(
    ("level", "after", "expected"), [(1, 0, 103), (2, 0, 110), (1, 104, 110), (7, 0, None)]
)
def test_the_first_point_over_a_level(level: float, after: float, expected: float | None) -> None:
    assert over(ages(OFFSETS), level, after=after) == expected


def test_the_changes_of_the_replicas() -> None:
    looks = [
        Look(at=at, replicas=replicas, ready=1, generation=1)
        for at, replicas in ((1.0, 1), (2.0, 2), (3.0, 2), (4.0, 1))
    ]
    assert ScalingRecord(objective_seconds=30, looks=looks).changes() == [(2, 2), (4, 1)]


def test_a_picture_has_its_lines_and_shades_at_their_places() -> None:
    step = Line("<a>", [(0, 0), (60, 4), (120, 2)], "red", is_step=True)
    line = Line("b", [(0, 0), (6, 4), (54, 4), (60, 2)], "blue")
    panels = [Panel("t", [step, line])]
    svg = ElementTree.fromstring(drawn(panels, [Span("s", 60, 120)], seconds=120))
    assert "<a>" in [each.text for each in svg.iter(f"{SVG}tspan")]
    paths = {path.get("stroke"): path.get("d") for path in svg.iter(f"{SVG}path")}
    assert paths["red"] == "M52.0 170.0H449.0V40.0H846.0V105.0"
    assert paths["blue"] == "M52.0 170.0L91.7 40.0M409.3 40.0L449.0 105.0"
    _, shade = svg.iter(f"{SVG}rect")
    assert (shade.get("x"), shade.get("width")) == ("449.0", "397.0")


def test_the_picture_in_the_docs_is_of_the_record() -> None:
    assert PICTURE.read_text("utf-8") == picture(ScalingRecord.load(RECORD))


def test_the_page_tells_the_figures_and_events_of_the_record() -> None:
    record, page = ScalingRecord.load(RECORD), PAGE.read_text("utf-8")
    told = [line.strip() for line in record.story.splitlines()]
    assert [row for row in [*figures(record), *told] if row not in page] == []
