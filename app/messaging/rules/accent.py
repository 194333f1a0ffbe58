"""A clinic's colour in a mail, where no style sheet can make it safe: dark enough for white words (WCAG 1.4.3)."""

from __future__ import annotations

CONTRAST = 4.5
_STEP = 0.94


def readable_on_white(color: str) -> str:
    """The colour, darkened until it stands 4.5 to 1 against white, both as ground and as ink: `#ffd400`, `#8f7700`."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    while contrast_with_white(parts) < CONTRAST:
        parts = [part * _STEP for part in parts]
    return "#" + "".join(f"{int(part * 255):02x}" for part in parts)


def contrast_with_white(parts: list[float]) -> float:
    """WCAG 2.2 contrast of an sRGB colour, parts from 0 to 1, with white."""
    red, green, blue = (_linear(part) for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
