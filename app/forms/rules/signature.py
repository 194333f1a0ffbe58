"""A drawn signature as strokes with times; the vector path is derived from them (SIG-01).

Coordinates are kept as whole tenths of a CSS pixel and times as milliseconds since the first touch, so that the stored
text is the same wherever it is written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.lib.errors import Invalid

MODE_DRAWN = "drawn_kiosk"
MODE_TYPED = "click_typed"
MAX_TEXT = 400_000
MAX_POINTS = 10_000
MIN_POINTS = 12
MIN_WIDTH_TENTHS = 400
MIN_LENGTH_TENTHS = 800
TENTHS = 10

Point = tuple[int, int, int]
"""x and y in tenths of a CSS pixel, milliseconds since the first touch."""
Stroke = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Strokes on a frame of `width` by `height` tenths of a CSS pixel."""

    width: int
    height: int
    strokes: tuple[Stroke, ...]

    @property
    def points(self) -> int:
        """How many points were drawn."""
        return sum(len(stroke) for stroke in self.strokes)

    @property
    def extent(self) -> tuple[int, int]:
        """Width and height of what was drawn, in tenths."""
        xs = [point[0] for stroke in self.strokes for point in stroke]
        ys = [point[1] for stroke in self.strokes for point in stroke]
        return (max(xs) - min(xs), max(ys) - min(ys)) if xs else (0, 0)

    @property
    def length(self) -> int:
        """Length of the line in tenths, measured along the axes (|dx| + |dy|)."""
        return sum(
            abs(to[0] - start[0]) + abs(to[1] - start[1])
            for stroke in self.strokes
            for start, to in pairwise(stroke)
        )

    @property
    def duration_ms(self) -> int:
        """Time from the first touch to the last point."""
        times = [point[2] for stroke in self.strokes for point in stroke]
        return max(times) - min(times) if times else 0

    def to_text(self) -> str:
        """The stored form: compact JSON of whole numbers."""
        body = {
            "height": self.height,
            "strokes": [[list(point) for point in stroke] for stroke in self.strokes],
            "width": self.width,
        }
        return json.dumps(body, separators=(",", ":"), sort_keys=True)

    def path(self) -> str:
        """SVG path data in CSS pixels, smoothed between points as the pad draws it."""
        return "".join(_path(stroke) for stroke in self.strokes if stroke)

    @property
    def view_box(self) -> str:
        """The SVG view box of the frame."""
        return f"0 0 {_pixels(self.width)} {_pixels(self.height)}"


def from_pad(text: str, field: str) -> Drawing:
    """What the pad sends: JSON {width, height, strokes: [[[x, y, ms], ...], ...]} in CSS pixels.

    Raises Invalid on `field`: `signature_missing` (nothing drawn), `signature_unreadable` (not what the pad sends) or
    `signature_trivial` (a dot, a scratch: too few points, or too small to be a signature).
    """
    if not text.strip():
        raise Invalid.one(field, "signature_missing")
    try:
        drawing = parsed(text)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError):
        raise Invalid.one(field, "signature_unreadable") from None
    if drawing.points == 0:
        raise Invalid.one(field, "signature_missing")
    if is_trivial(drawing):
        raise Invalid.one(field, "signature_trivial")
    return drawing


def is_trivial(drawing: Drawing) -> bool:
    """Whether this could not be anybody's signature: few points, or hardly any extent or line."""
    width, height = drawing.extent
    small = max(width, height) < MIN_WIDTH_TENTHS or drawing.length < MIN_LENGTH_TENTHS
    return drawing.points < MIN_POINTS or small


def stored(text: str) -> Drawing:
    """The drawing of a stored text (`Drawing.to_text`)."""
    body = json.loads(text)
    strokes = tuple(
        tuple((point[0], point[1], point[2]) for point in stroke) for stroke in body["strokes"]
    )
    return Drawing(body["width"], body["height"], strokes)


def parsed(text: str) -> Drawing:
    """The drawing in a pad's JSON, whatever its size. Raises ValueError, TypeError, KeyError or IndexError."""
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    body = json.loads(text, parse_constant=_refuse)
    strokes = tuple(tuple(_point(point) for point in stroke) for stroke in body["strokes"])
    drawing = Drawing(_tenths(body["width"]), _tenths(body["height"]), strokes)
    if drawing.points > MAX_POINTS or min(drawing.width, drawing.height) <= 0:
        raise ValueError("out of range")
    return drawing


def _point(values: Any) -> Point:
    return _tenths(values[0]), _tenths(values[1]), max(0, round(_number(values[2])))


def _tenths(value: Any) -> int:
    return round(_number(value) * TENTHS)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e7:
        raise ValueError("no number in range")
    return float(value)


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _path(stroke: Stroke) -> str:
    start, end = stroke[0], stroke[-1]
    if len(stroke) == 1:
        return f"M{_at(start)}l0.1 0"
    curves = "".join(
        f"Q{_at(point)} {_pixels((point[0] + after[0]) // 2)} {_pixels((point[1] + after[1]) // 2)}"
        for point, after in pairwise(stroke[1:])
    )
    return f"M{_at(start)}{curves}L{_at(end)}"


def _at(point: Point) -> str:
    return f"{_pixels(point[0])} {_pixels(point[1])}"


def _pixels(tenths: int) -> str:
    return f"{tenths / TENTHS:g}"
