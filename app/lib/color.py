"""Colour arithmetic: the hue and chroma of a clinic's accent, as the style tokens want them."""

from __future__ import annotations

import math
from typing import NamedTuple


class Accent(NamedTuple):
    """Hue in degrees and chroma in the OKLCH space (CSS Color 4)."""

    hue: float
    chroma: float


def accent_of(hex_color: str) -> Accent:
    """Hue and chroma of `rrggbb`. Conversion by the matrices of CSS Color 4, section 9."""
    red, green, blue = (int(hex_color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    r, g, b = _linear(red), _linear(green), _linear(blue)
    long = _root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = _root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = _root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    c = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Accent(math.degrees(math.atan2(c, a)) % 360, math.hypot(a, c))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _root(value: float) -> float:
    return math.copysign(abs(value) ** (1 / 3), value)
