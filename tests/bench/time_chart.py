"""Draws what changed over time as an SVG: panels one below the other, over one axis of minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf, log10
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 860
_LEFT, _RIGHT, _TOP = 52, 14, 40
_HEIGHT, _GAP = 130, 46
_TICKS: Final = 4
_LONGEST_GAP: Final = 10.0
_INK, _GRID, _SHADE = "#24292f", "#d8dee4", "#f1f3f5"
_FONT: Final = "font-family='system-ui, sans-serif' font-size='12'"


@dataclass(frozen=True, slots=True)
class Line:
    """Points of seconds and values. One of steps holds each value until the next point; any other
    is interrupted where there are no points for ten seconds."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str
    is_step: bool = False
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines with one scale, which begins at 0."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is shaded in all panels."""

    label: str
    begin: float
    end: float


def drawn(panels: Sequence[Panel], spans: Sequence[Span], *, seconds: float) -> str:
    """The SVG, from 0 to so many seconds."""
    height = _TOP + len(panels) * (_HEIGHT + _GAP)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' {_FONT}>",
        f"<rect width='{WIDTH}' height='{height}' fill='white'/>",
        *(part for span in spans for part in _span(span, seconds, height)),
        *(part for row, panel in enumerate(panels) for part in _panel(panel, row, seconds)),
        *_minutes(seconds, height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(at: float, seconds: float) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * at / seconds


def _text(x: float, y: float, text: str, colour: str = _INK, anchor: str = "start") -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{colour}'"
    return f"<text {place}>{escape(text)}</text>"


def _span(span: Span, seconds: float, height: int) -> Iterator[str]:
    begin, end = _x(span.begin, seconds), _x(span.end, seconds)
    size = f"width='{end - begin:.1f}' height='{height - _TOP - _GAP / 2:.1f}'"
    yield f"<rect x='{begin:.1f}' y='{_TOP / 2:.1f}' {size} fill='{_SHADE}'/>"
    yield _text((begin + end) / 2, _TOP / 2 - 5, span.label, anchor="middle")


def _panel(panel: Panel, row: int, seconds: float) -> Iterator[str]:
    bottom = _TOP + row * (_HEIGHT + _GAP) + _HEIGHT
    most = max((value for line in panel.lines for _, value in line.points), default=1.0)
    step = _round_step(most / _TICKS)
    top = step * ceil(most / step)
    for number in range(round(top / step) + 1):
        y = bottom - _HEIGHT * number * step / top
        yield f"<path d='M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}' stroke='{_GRID}'/>"
        yield _text(_LEFT - 6, y + 4, f"{number * step:,.0f}", anchor="end")
    yield f"<text x='{_LEFT}' y='{bottom - _HEIGHT - 8}' fill='{_INK}'>{_title(panel)}</text>"
    for line in panel.lines:
        dashes = " stroke-dasharray='5 4'" if line.is_dashed else ""
        style = f"fill='none' stroke='{line.colour}' stroke-width='1.6'{dashes}"
        yield f"<path d='{_path(line, bottom, top, seconds)}' {style}/>"


def _title(panel: Panel) -> str:
    labels = (f"<tspan dx='14' fill='{n.colour}'>{escape(n.label)}</tspan>" for n in panel.lines)
    return f"<tspan font-weight='600'>{escape(panel.title)}</tspan>{''.join(labels)}"


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, and 1 at least."""
    power = 10.0 ** int(log10(max(least, 1.0)))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)


def _path(line: Line, bottom: float, top: float, seconds: float) -> str:
    path, before = "", -inf
    for at, value in line.points:
        x, y = _x(at, seconds), bottom - _HEIGHT * value / top
        if line.is_step:
            path += f"H{x:.1f}V{y:.1f}" if path else f"M{x:.1f} {y:.1f}"
        else:
            path += f"{'L' if at - before <= _LONGEST_GAP else 'M'}{x:.1f} {y:.1f}"
        before = at
    return path


def _minutes(seconds: float, height: int) -> Iterator[str]:
    for minute in range(int(seconds // 60) + 1):
        yield _text(_x(60 * minute, seconds), height - _GAP + 18, str(minute), anchor="middle")
    yield _text(WIDTH - _RIGHT, height - 8, "minutes", anchor="end")
