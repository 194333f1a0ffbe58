"""A QR code as the path of an SVG, so that the page needs neither an image nor an inline style."""

from __future__ import annotations

from dataclasses import dataclass

import segno

QUIET_ZONE = 4


@dataclass(frozen=True)
class QrPath:
    """`d` is the path of the dark modules in a square of `size` modules, quiet zone included."""

    size: int
    d: str


def qr_path(text: str) -> QrPath:
    """The QR code of a text, error correction M (ISO/IEC 18004)."""
    matrix = segno.make(text, error="m", micro=False).matrix
    rows = [
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{width}v1h-{width}z"
        for y, row in enumerate(matrix)
        for x, width in _runs(row)
    ]
    return QrPath(len(matrix) + 2 * QUIET_ZONE, "".join(rows))


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Start and width of every run of dark modules."""
    runs: list[tuple[int, int]] = []
    for x, module in enumerate(row):
        if module and x and row[x - 1]:
            start, width = runs.pop()
            runs.append((start, width + 1))
        elif module:
            runs.append((x, 1))
    return runs
