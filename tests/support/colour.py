"""Reads colours of the token file and measures contrast by WCAG 2.2 (relative luminance)."""

from __future__ import annotations

import math
import re

Rgb = tuple[float, float, float]
DECLARATION = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")


def block(css: str, opening: str) -> dict[str, str]:
    """Custom properties declared in every rule whose text begins with `opening`."""
    found: dict[str, str] = {}
    for part in css.split(opening)[1:]:
        found |= dict(DECLARATION.findall(part[: part.index("}")]))
    return found


def rgb(value: str, tokens: dict[str, str]) -> Rgb:
    """Linear-light sRGB, out-of-gamut channels clipped as browsers do."""
    value = re.sub(r"var\(--([a-z0-9-]+)\)", lambda m: tokens[m[1]], value).strip()
    if value.startswith("#"):
        return _linear_hex(value)
    lightness, chroma, hue = re.fullmatch(r"oklch\(([\d.]+) (.+) ([\d.]+)\)", value).groups()
    factors = re.fullmatch(r"calc\(([\d.]+) \* ([\d.]+)\)", chroma)
    strength = float(factors[1]) * float(factors[2]) if factors else float(chroma)
    return _from_oklch(float(lightness), strength, float(hue))


def _linear_hex(value: str) -> Rgb:
    channels = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    mixed = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(min(1.0, max(0.0, c)) for c in mixed)


def contrast(first: Rgb, second: Rgb) -> float:
    """WCAG contrast ratio, 1 to 21."""
    lights = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (first, second)), reverse=True
    )
    return (lights[0] + 0.05) / (lights[1] + 0.05)
