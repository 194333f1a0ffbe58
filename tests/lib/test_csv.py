"""No exported cell is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.csv import csv_lines, safe_cell

pytestmark = pytest.mark.proves("KRN-15", "SEC-01")


@pytest.mark.parametrize(
    "value",
    ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "+40 722 123 456"],
)
def test_formulas_are_disarmed(value: str) -> None:
    assert safe_cell(value) == f"'{value}"


@pytest.mark.parametrize("value", [-12, "-12.50", "+40722123456", "Ana", "", "3", 4.5])
def test_plain_values_stay(value: object) -> None:
    assert safe_cell(value) == str(value)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2)))
def test_a_reader_gets_every_cell_back(rows: list[list[str]]) -> None:
    text = "".join(csv_lines(["a", "b"], rows)).removeprefix("\ufeff")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b"], *[[safe_cell(cell) for cell in row] for row in rows]]
