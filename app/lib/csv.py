"""CSV for spreadsheets, without cells that a spreadsheet would run as a formula (CWE-1236)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
# Spreadsheets guess the encoding; with this mark they read Romanian letters rightly.
BYTE_ORDER_MARK = "\ufeff"


def safe_cell(value: object) -> str:
    """The text of a cell; an apostrophe disarms what would be read as a formula.

    Plain numbers, also negative and with a leading plus, stay as they are.
    """
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    bare = text.lstrip(" \u00a0\ufeff\u200b")
    return f"'{text}" if bare.startswith(_FORMULA_STARTS) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file line by line, so that a large export streams; every cell is made safe."""
    yield BYTE_ORDER_MARK + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()
