"""CSV files as people have them: any usual encoding and separator, read into cells or refused with reason and line.

Excel writes `sep=;` as a first line, UTF-16 with tabs ("Unicode text"), or the code page of its country. What is no
text, never ends a quote or has no rows is told by name; nothing here knows what the columns mean.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.lib.errors import Invalid

MAX_COLUMNS = 100
MAX_CELL = 10_000
_SEP = "sep="
_SAMPLE_RECORDS = 20
# What only a file of cp1250 (Romanian without comma letters: ă ş ţ Ă Ş Ţ) would use these bytes for.
_ROMANIAN = frozenset(b"\xe3\xba\xfe\xc3\xaa\xde")
_WESTERN = frozenset(b"\xe0\xe5\xe6\xe8\xea\xec\xf1\xf2\xf5\xf8\xfb\xff")


class Encoding(StrEnum):
    """The encodings that spreadsheets and older programs in Romania write."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    CENTRAL = "cp1250"
    WESTERN = "cp1252"


class Separator(StrEnum):
    """What stands between two cells."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line of the file on which it begins (from 1), and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file read: every row that has something in it, the first one included, and how it was read."""

    records: tuple[Record, ...]
    encoding: Encoding
    separator: Separator


def read_sheet(
    raw: bytes,
    *,
    encoding: Encoding | None = None,
    separator: Separator | None = None,
    max_rows: int,
    field: str = "file",
) -> Sheet:
    """The rows of a file; what is not said is found out.

    Raises Invalid on `field`: `csv_empty`, `csv_workbook` (a spreadsheet's own format), `csv_not_text`, `csv_encoding`,
    `csv_quote` (`line`), `csv_cell_long` (`line`), `csv_columns` (`limit`), `csv_rows` (`limit`).
    """
    text, used = _decoded(raw, encoding, field)
    told, body = _told_separator(text)
    if not body.strip(' ;,\t\r\n"'):
        raise Invalid.one(field, "csv_empty")
    chosen = separator or told or _likely(body)
    skipped = 1 if told else 0
    records = tuple(_records(body, chosen, skipped, max_rows, field))
    if not records:
        raise Invalid.one(field, "csv_empty")
    return Sheet(records, used, chosen)


def _decoded(raw: bytes, encoding: Encoding | None, field: str) -> tuple[str, Encoding]:
    if not raw.strip():
        raise Invalid.one(field, "csv_empty")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Invalid.one(field, "csv_workbook")
    used = encoding or _guessed(raw)
    try:
        text = raw.decode("utf-8-sig" if used is Encoding.UTF_8 else used.value)
    except UnicodeDecodeError:
        raise Invalid.one(field, "csv_encoding") from None
    if "\0" in text:
        raise Invalid.one(field, "csv_not_text")
    return text.removeprefix("\ufeff"), used


def _guessed(raw: bytes) -> Encoding:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding.UTF_16
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return _code_page(raw)
    return Encoding.UTF_8


def _code_page(raw: bytes) -> Encoding:
    """The two code pages share most letters; those that they do not share decide."""
    romanian = sum(raw.count(one) for one in _ROMANIAN)
    western = sum(raw.count(one) for one in _WESTERN)
    guess = Encoding.WESTERN if western > romanian else Encoding.CENTRAL
    try:
        raw.decode(guess.value)
    except UnicodeDecodeError:
        return Encoding.WESTERN if guess is Encoding.CENTRAL else Encoding.CENTRAL
    return guess


def _told_separator(text: str) -> tuple[Separator | None, str]:
    """Excel's first line `sep=;`, and what comes after it."""
    if text[:4].casefold() != _SEP or len(text) < 6 or text[5] not in "\r\n":
        return None, text
    try:
        told = Separator(text[4])
    except ValueError:
        return None, text
    rest = text[5:]
    return told, rest[2:] if rest.startswith("\r\n") else rest[1:]


def _likely(text: str) -> Separator:
    """The separator under which the first rows have the same number of cells, and most of them."""

    def worth(one: Separator) -> tuple[bool, int]:
        widths = []
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=one.value):
                if any(cell.strip() for cell in cells):
                    widths.append(len(cells))
                if len(widths) == _SAMPLE_RECORDS:
                    break
        except csv.Error:
            return False, 0
        if not widths or widths[0] < 2:
            return False, 0
        return len(set(widths)) == 1, widths[0]

    return max(Separator, key=worth)


def _records(
    text: str, separator: Separator, skipped: int, max_rows: int, field: str
) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator.value, strict=True)
    found, line = 0, 1
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "csv_cell_long" if "field larger" in str(error) else "csv_quote"
            raise Invalid.one(field, code, line=line) from None
        if not any(cell.strip() for cell in cells):
            continue
        _bounded(cells, line, field)
        found += 1
        if found > max_rows + 1:
            raise Invalid.one(field, "csv_rows", limit=max_rows)
        yield Record(line, tuple(cells))


def _bounded(cells: list[str], line: int, field: str) -> None:
    if len(cells) > MAX_COLUMNS:
        raise Invalid.one(field, "csv_columns", limit=MAX_COLUMNS)
    if any(len(cell) > MAX_CELL for cell in cells):
        raise Invalid.one(field, "csv_cell_long", line=line)
