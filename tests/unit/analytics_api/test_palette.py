"""The page's colours stay apart for people who do not see red or green."""

import re
from itertools import combinations
from math import dist
from pathlib import Path

import pytest

import analytics_api

CSS = Path(analytics_api.__file__).parent / "static" / "css"
LEAST = 10.0
"""CIE76 distance; 2.3 is just noticeable side by side."""
TOGETHER = [("bom", "atencao", "ruim"), ("cor", "cor-clara", "grade"), ("cor", "atencao")]
"""Colours that stand side by side and say different things; series of the history have marks."""
SIGHT = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""Machado, Oliveira and Fernandes, 2009, severity 1.0; on linear RGB."""
TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE = (0.95047, 1.0, 1.08883)
Vector = tuple[float, ...]


def times(matrix: tuple[Vector, ...], vector: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def linear(colour: str) -> Vector:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def lab(rgb: Vector) -> Vector:
    xyz = times(TO_XYZ, tuple(min(1.0, max(0.0, c)) for c in rgb))
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (value / white for value, white in zip(xyz, WHITE, strict=True))
    )
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def palette(scheme: str) -> dict[str, str]:
    """The page's colours; the dark scheme replaces some of the light one."""
    text = (CSS / "vitrine.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)[:2]
    shown = light if scheme == "light" else light + dark
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", shown))


def too_close(colours: dict[str, str], names: tuple[str, ...], sight: str) -> list[str]:
    """The pairs that are hardly told apart."""
    seen = {name: lab(times(SIGHT[sight], linear(colours[name]))) for name in names}
    return [
        f"{a}, {b}: {dist(seen[a], seen[b]):.1f}"
        for a, b in combinations(names, 2)
        if dist(seen[a], seen[b]) < LEAST
    ]


def test_series_are_told_apart_by_their_marks() -> None:
    marks = re.findall(r'--marca: "(.)"', (CSS / "history.css").read_text("utf-8"))
    assert len(marks) == len(set(marks)) == 6


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_that_stand_together_are_told_apart(scheme: str, sight: str) -> None:
    colours = palette(scheme)
    assert [pair for names in TOGETHER for pair in too_close(colours, names, sight)] == []


def test_a_red_and_a_green_of_the_same_lightness_are_found() -> None:
    colours = {"bom": "#6a7a2a", "ruim": "#8a6d1f"}
    assert too_close(colours, ("bom", "ruim"), "deuteranopia") != []
