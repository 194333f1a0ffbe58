"""CSV files read as they are: what a writer writes in any dialect comes back cell by cell; the rest is refused."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.lib.csv_reading import MAX_CELL, Encoding, Separator, read_sheet
from app.lib.errors import Invalid

pytestmark = pytest.mark.proves("BYD-09")
LETTERS = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff\r")
CELLS = st.text(LETTERS, max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


def rows_of(raw: bytes, **how: object) -> list[list[str]]:
    sheet = read_sheet(raw, max_rows=100, **how)  # type: ignore[arg-type] # one dict for all tests.
    return [list(one.cells) for one in sheet.records]


@given(
    table=TABLES,
    separator=st.sampled_from(Separator),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["\r\n", "\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_a_writer_writes_reads_back_as_the_same_cells(
    table: list[list[str]], separator: Separator, quoting: int, end: str, encoding: str
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator.value, quoting=quoting, lineterminator=end)  # type: ignore[arg-type] # typeshed wants a literal.
    writer.writerows(table)
    text = buffer.getvalue()
    assume(not text.casefold().startswith("sep="))
    said = [row for row in table if any(cell.strip() for cell in row)]
    assume(any(cell.strip(' ;,\t\n"') for row in said for cell in row))
    assert rows_of(text.encode(encoding), separator=separator) == said


@given(
    table=st.lists(
        st.tuples(
            st.text("Aaăștîâ ", min_size=1, max_size=9), st.from_regex(r"07\d{8}", fullmatch=True)
        ),
        min_size=1,
        max_size=8,
    ),
    separator=st.sampled_from(Separator),
)
def test_the_separator_is_found_out(table: list[tuple[str, str]], separator: Separator) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator.value).writerows([("Nume", "Telefon"), *table])
    sheet = read_sheet(buffer.getvalue().encode(), max_rows=100)
    assert sheet.separator is separator
    assert [one.cells for one in sheet.records[1:]] == table


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    raw = b'sep=;\r\nNume;Telefon\r\n"Ana\nMaria";0722\n\n;;\rIon;0733'
    found = read_sheet(raw, max_rows=100)
    assert [(one.line, one.cells) for one in found.records] == [
        (2, ("Nume", "Telefon")),
        (3, ("Ana\nMaria", "0722")),
        (7, ("Ion", "0733")),
    ]


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("Ștefan Țânțar", Encoding.UTF_8),
        ("Stefan Ţânţar ăş", Encoding.CENTRAL),
        ("José Muñoz", Encoding.WESTERN),
    ],
)
def test_the_encoding_is_found_out(written: str, encoding: Encoding) -> None:
    found = read_sheet(f"Nume,X\n{written},1".encode(encoding.value), max_rows=100)
    assert found.encoding is encoding
    assert found.records[1].cells[0] == written


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "csv_empty"),
        (b" \r\n ;; \n", "csv_empty"),
        (b"\xef\xbb\xbf", "csv_empty"),
        (b"PK\x03\x04rest of a workbook", "csv_workbook"),
        (b"\xd0\xcf\x11\xe0old workbook", "csv_workbook"),
        (b"Nume;Tel\nAna\0;07", "csv_not_text"),
        ("Nume;Tel".encode("utf-16-le"), "csv_not_text"),
        (b'Nume;Tel\n"Ana;0722\nIon;0733\n', "csv_quote"),
        (b'Nume;Tel\n"Ana" Pop;0722\n', "csv_quote"),
        (b"Nume;Tel\n" + b"a" * (MAX_CELL + 1) + b";1", "csv_cell_long"),
        (b"Nume;Tel\n" + b"a" * 2_000_000, "csv_cell_long"),
        (b";".join([b"x"] * 101), "csv_columns"),
        (b"Nume;Tel\n" + b"Ana;1\n" * 101, "csv_rows"),
    ],
)
def test_what_is_no_table_is_refused_by_name(raw: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_sheet(raw, max_rows=100)
    assert [one.code for one in refused.value.errors] == [code]


def test_an_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_sheet(
            "Nume,Ș".encode("cp1250", "replace") + b"\xff", encoding=Encoding.UTF_8, max_rows=9
        )
    assert refused.value.errors[0].code == "csv_encoding"
