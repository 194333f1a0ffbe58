"""Lists in pages (INT-02): the pager and the sortable heads that the macros expect; filters stay in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.lib.paging import Page, PageRequest


@dataclass(frozen=True)
class Pager:
    """What the macro `pagination` draws."""

    number: int
    pages: int
    first: int
    last: int
    total: int
    url_for: Callable[[int], str]


def pager(found: Page[Any], filters: Mapping[str, str]) -> Pager:
    """The pager of this page's list."""

    def address(number: int) -> str:
        return _address({**filters, **found.request.query(number)})

    return Pager(found.request.page, found.pages, found.first, found.last, found.total, address)


def heads(
    columns: Sequence[tuple[str | None, str]], asked: PageRequest, filters: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Column heads for the macro `table`: pairs of sort key (None: not sortable) and words; no words hide the head."""
    return [_head(key, label, asked, filters) for key, label in columns]


def _head(
    key: str | None, label: str, asked: PageRequest, filters: Mapping[str, str]
) -> dict[str, Any]:
    first = asked.sort[0] if asked.sort else None
    head = {"label": label, "sort_url": None, "sorted": None, "num": False, "hidden": not label}
    if key is None:
        return head
    mine = first is not None and first.name == key
    if mine and first is not None:
        head["sorted"] = "descending" if first.descending else "ascending"
    turned = f"-{key}" if head["sorted"] == "ascending" else key
    head["sort_url"] = _address({**filters, "sort": turned, "size": str(asked.size)})
    return head


def _address(arguments: Mapping[str, str]) -> str:
    kept = {name: value for name, value in arguments.items() if value}
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **kept})
