"""How well text can be told from its ground: the contrast ratio of WCAG 2.2, from 1 to 21."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual.color import Color

LEAST = 4.5
"""What all text keeps on every ground, secondary text too (WCAG 2.2, 1.4.3)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An ink on a ground, by the names of their variables."""

    ink: str
    ground: str
    ratio: float


def luminance(color: Color) -> float:
    """Return the relative luminance of a colour, from 0 to 1."""
    red, green, blue = (_linear(channel / 255) for channel in color.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def contrast(one: Color, other: Color) -> float:
    """Return the ratio between two colours, in either order."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs(inks: Mapping[str, str], grounds: Mapping[str, str]) -> list[Pair]:
    """Return every ink on every ground, the weakest first."""
    found = [
        Pair(ink, ground, contrast(Color.parse(inks[ink]), Color.parse(grounds[ground])))
        for ink in inks
        for ground in grounds
    ]
    return sorted(found, key=lambda pair: pair.ratio)
