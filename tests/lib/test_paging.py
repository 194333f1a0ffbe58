"""The one list convention: page, size 25, at most 100, signed sort."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.paging import Page, PageRequest, PagingInvalid, SortKey, parse_page

pytestmark = pytest.mark.proves("INT-02")

SORTABLE = ("starts_at", "name")


def test_defaults() -> None:
    asked = parse_page({}, sortable=SORTABLE, default_sort="-starts_at")
    assert asked == PageRequest(1, 25, (SortKey("starts_at", True),))
    assert asked.offset == 0


def test_everything_given() -> None:
    asked = parse_page({"page": "3", "size": "100", "sort": "-starts_at,name"}, sortable=SORTABLE)
    assert asked.offset == 200
    assert asked.sort == (SortKey("starts_at", True), SortKey("name", False))
    assert asked.query() == {"page": "3", "size": "100", "sort": "-starts_at,name"}
    assert asked.query(page=4)["page"] == "4"


@pytest.mark.parametrize(
    ("args", "field", "code"),
    [
        ({"page": "0"}, "page", "out_of_range"),
        ({"page": "-1"}, "page", "not_a_whole_number"),
        ({"page": "10001"}, "page", "out_of_range"),
        ({"page": "9" * 5000}, "page", "not_a_whole_number"),
        ({"page": "²"}, "page", "not_a_whole_number"),
        ({"size": "101"}, "size", "out_of_range"),
        ({"size": "ten"}, "size", "not_a_whole_number"),
        ({"sort": "password"}, "sort", "unknown_sort"),
        ({"sort": "name; drop table"}, "sort", "unknown_sort"),
        ({"sort": "name,name,name,name"}, "sort", "too_many_sort_keys"),
    ],
)
def test_each_fault_is_named(args: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(PagingInvalid) as refused:
        parse_page(args, sortable=SORTABLE)
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(PagingInvalid) as refused:
        parse_page({"page": "x", "size": "x", "sort": "x"}, sortable=SORTABLE)
    assert set(refused.value.by_field()) == {"page", "size", "sort"}


@given(st.integers(0, 2000), st.integers(1, 100))
def test_walking_the_pages_sees_every_row_once(total: int, size: int) -> None:
    rows = range(total)
    seen: list[int] = []
    number: int | None = 1
    while number is not None:
        asked = PageRequest(number, size)
        page = Page(rows[asked.offset : asked.offset + size], total, asked)
        assert page.last - page.first + 1 == len(page.items) or not page.items
        seen.extend(page.items)
        number = page.next_page
    assert seen == list(rows)


def test_a_page_beyond_the_end_leads_back() -> None:
    page: Page[int] = Page([], 30, PageRequest(9, 25))
    assert (page.pages, page.previous_page, page.next_page) == (2, 2, None)
    assert (page.first, page.last) == (0, 0)
