"""The one list convention (INT-02): page from 1, size 25 and at most 100, signed sort keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.lib.errors import FieldError, Invalid

DEFAULT_SIZE = 25
MAX_SIZE = 100
# Postgres must skip every earlier row, so deep pages are answered by narrowing the search.
MAX_PAGE = 10_000
_MAX_SORT_KEYS = 3

Item = TypeVar("Item")


class PagingInvalid(Invalid):
    """The page, size or sort of a list request is not acceptable."""

    code = "paging_invalid"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A whitelisted column name and its direction."""

    name: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A part of a list: which page (from 1), how many rows, in which order."""

    page: int = 1
    size: int = DEFAULT_SIZE
    sort: tuple[SortKey, ...] = ()

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.size

    def query(self, page: int | None = None) -> dict[str, str]:
        """The query arguments that ask for this list again, by default at the same page."""
        args = {"page": str(page or self.page), "size": str(self.size)}
        if self.sort:
            args["sort"] = ",".join(str(key) for key in self.sort)
        return args


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """The rows of one page with what is needed to walk on."""

    items: Sequence[Item]
    total: int
    request: PageRequest

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.request.size))

    @property
    def first(self) -> int:
        """Position of the first row shown, from 1; 0 where there is none."""
        return self.request.offset + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Position of the last row shown; 0 where there is none."""
        return self.request.offset + len(self.items) if self.items else 0

    @property
    def previous_page(self) -> int | None:
        """The number of the page before, if there is one."""
        return min(self.request.page - 1, self.pages) if self.request.page > 1 else None

    @property
    def next_page(self) -> int | None:
        """The number of the page after, if there is one."""
        return self.request.page + 1 if self.request.page < self.pages else None


def slice_of(rows: Sequence[Item], request: PageRequest) -> Page[Item]:
    """One page of rows that are all at hand; for lists that are short by nature."""
    return Page(rows[request.offset : request.offset + request.size], len(rows), request)


def parse_page(
    args: Mapping[str, str], *, sortable: Collection[str] = (), default_sort: str = ""
) -> PageRequest:
    """Read `page`, `size` and `sort` (such as `-starts_at,name`) from query arguments.

    A size above 100 is an error and not silently 100. Raises `PagingInvalid` with one error per
    field: `not_a_whole_number`, `out_of_range`, `unknown_sort` or `too_many_sort_keys`.
    """
    errors: list[FieldError] = []
    page = _whole(args.get("page"), "page", 1, MAX_PAGE, errors)
    size = _whole(args.get("size"), "size", DEFAULT_SIZE, MAX_SIZE, errors)
    sort = _sort(args.get("sort") or default_sort, sortable, errors)
    if errors:
        raise PagingInvalid(errors)
    return PageRequest(page, size, sort)


def _whole(
    text: str | None, field: str, default: int, highest: int, errors: list[FieldError]
) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        errors.append(FieldError(field, "not_a_whole_number"))
        return default
    if not 1 <= int(text) <= highest:
        errors.append(FieldError(field, "out_of_range", {"lowest": 1, "highest": highest}))
        return default
    return int(text)


def _sort(text: str, sortable: Collection[str], errors: list[FieldError]) -> tuple[SortKey, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    keys = tuple(SortKey(name.lstrip("+-"), name.startswith("-")) for name in names)
    if len(keys) > _MAX_SORT_KEYS:
        errors.append(FieldError("sort", "too_many_sort_keys", {"limit": _MAX_SORT_KEYS}))
    elif any(key.name not in sortable for key in keys):
        errors.append(FieldError("sort", "unknown_sort", {"allowed": sorted(sortable)}))
    return keys
