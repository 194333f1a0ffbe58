"""A day's agenda as the calendar draws it: minutes on the clinic's clock, lanes, buffers, and the times that are free.

Pure but for addresses and words; what the columns hold is described in templates/ui/calendar.html.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext

from app.appointments.queries import AgendaEntry, Column, DayAgenda
from app.appointments.queries.agenda import Away, Block
from app.appointments.states import TAKES_TIME
from app.lib.intervals import Span, merge
from app.scheduling.rules.walltime import WallClock
from app.web.console.calendar_clock import (
    DAY_MINUTES,
    Clock,
    Timed,
    change_blocks,
    hours_between,
    reach,
    text_of,
)
from app.web.console.calendar_events import Links, by_class, drawn_visits
from app.web.console.calendar_filter import EVERYTHING, Wanted

# A cell of the calendar that can be clicked; what is left of one below the shortest is none.
CELL_MIN, SHORTEST_MIN, ROW_MIN = 30, 15, 5


@dataclass(frozen=True, slots=True)
class Drawing:
    """The columns of a day and the hours that they reach over."""

    columns: list[dict[str, Any]]
    day_start: int
    day_end: int
    hours: list[tuple[int, str]]
    now: int | None


def draw(
    agenda: DayAgenda,
    now: dt.datetime,
    *,
    may_book: bool,
    may_move: bool,
    wanted: Wanted = EVERYTHING,
) -> Drawing:
    """The day, drawn. Free times are offered from now on, and only to who may book; what is not `wanted` is faded."""
    clock = Clock(agenda.day, agenda.time_zone)
    today = now.astimezone(ZoneInfo(agenda.time_zone)).date()
    since = DAY_MINUTES if agenda.day < today else clock.minute(now) if agenda.day == today else 0
    start, end = _reach(agenda, clock)
    links = Links(agenda.day)
    columns = [
        _column(
            one,
            agenda.day,
            clock,
            links,
            since if may_book else DAY_MINUTES,
            may_move,
            wanted,
        )
        for one in agenda.columns
    ]
    return Drawing(
        columns, start, end, hours_between(start, end), since if agenda.day == today else None
    )


def _reach(agenda: DayAgenda, clock: Clock) -> tuple[int, int]:
    """Whole hours that show all working time and every visit."""
    columns = agenda.columns
    other: list[Timed] = []
    for column in columns:
        other += [*column.visits, *column.carried, *column.away, *column.blocks]
    return reach(
        [clock.span(one) for column in columns for one in column.working],
        [clock.span(one) for one in other],
    )


def _column(
    column: Column,
    day: dt.date,
    clock: Clock,
    links: Links,
    bookable_since: int,
    may_move: bool,
    wanted: Wanted,
) -> dict[str, Any]:
    alone, classes = by_class(column.visits)
    working = [clock.span(one) for one in column.working]
    held = [clock.span(one) for one in column.held]
    offered = [clock.span(one) for one in column.offered]
    taken = merge(
        [
            *held,
            *offered,
            *(clock.span(one) for one in column.blocks),
            *(
                _footprint(one, clock)
                for one in (*column.carried, *column.visits)
                if _takes_time(one)
            ),
            *(span for span, kind in clock.changes() if kind is WallClock.MISSING),
        ]
    )
    return {
        "id": str(column.specialist_id),
        "title": column.name,
        "detail": _detail(column, clock),
        "url": url_for("console.day", date=day.isoformat(), specialist=column.specialist_id),
        "open": [(start, end - start) for start, end in working],
        "events": [
            *drawn_visits(
                alone,
                classes,
                column.carried,
                clock,
                links,
                may_move=may_move,
                wanted=wanted,
            )
        ],
        "blocks": [
            *_buffers(alone, clock),
            *(_held(start, end, gettext("Being booked")) for start, end in held),
            *(_held(start, end, gettext("Offered to the waiting list")) for start, end in offered),
            *(_away(one, clock) for one in column.away),
            *(_blocked(one, clock) for one in column.blocks),
            *change_blocks(clock),
        ],
        "free": [
            _free(column, links, start, end)
            for start, end in free_cells(working, taken, bookable_since)
        ],
    }


def _detail(column: Column, clock: Clock) -> str:
    """Their title; and by which clock they work where that is another one, since the columns show the clinic's."""
    if column.time_zone in ("", clock.zone.key):
        return column.title
    works = gettext("works by the clock of %(zone)s", zone=column.time_zone)
    return " · ".join(filter(None, (column.title, works)))


def free_cells(
    working: Iterable[Span], taken: Sequence[Span], since: int = 0
) -> Iterator[tuple[int, int]]:
    """Cells of at most half an hour in working time that is not taken, cut at half hours, from `since` on."""
    for start, end in working:
        at = max(start, -(-since // ROW_MIN) * ROW_MIN)
        for first, last in [*taken, (end, end)]:
            yield from _cells(at, min(first, end))
            at = max(at, last)


def _cells(start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start >= SHORTEST_MIN:
        stop = min(end, (start // CELL_MIN + 1) * CELL_MIN)
        if stop - start >= SHORTEST_MIN:
            yield start, stop
        start = stop


def _takes_time(visit: AgendaEntry) -> bool:
    return visit.state in TAKES_TIME


def _footprint(visit: AgendaEntry, clock: Clock) -> Span:
    start, end = clock.span(visit)
    return start - visit.buffer_before_min, end + visit.buffer_after_min


def _buffers(visits: Iterable[AgendaEntry], clock: Clock) -> Iterator[dict[str, Any]]:
    for visit in visits:
        if not _takes_time(visit):
            continue
        start, end = clock.span(visit)
        if visit.buffer_before_min:
            yield _buffer(start - visit.buffer_before_min, visit.buffer_before_min)
        if visit.buffer_after_min:
            yield _buffer(end, visit.buffer_after_min)


def _buffer(start: int, minutes: int) -> dict[str, Any]:
    return {"start": start, "minutes": minutes, "kind": "buffer", "label": gettext("Buffer")}


def _away(one: Away, clock: Clock) -> dict[str, Any]:
    start, end = clock.span(one)
    label = one.reason or gettext("Not working")
    return {"start": start, "minutes": end - start, "kind": "away", "label": label}


def _blocked(one: Block, clock: Clock) -> dict[str, Any]:
    start, end = clock.span(one)
    label = one.reason or gettext("Blocked")
    url = url_for("console.blocked_time", block_id=one.id)
    return {"start": start, "minutes": end - start, "kind": "blocked", "label": label, "url": url}


def _held(start: int, end: int, label: str) -> dict[str, Any]:
    return {
        "start": start,
        "minutes": end - start,
        "kind": "held",
        "label": label,
    }


def _free(column: Column, links: Links, start: int, end: int) -> dict[str, Any]:
    time = text_of(start)
    address = links.new(time, column.specialist_id)
    return {
        "start": start,
        "minutes": end - start,
        "url": address,
        "label": gettext("%(time)s · new visit", time=time),
        "attrs": {
            "id": f"free-{column.specialist_id}-{start}",
            "hx-get": address,
        },
    }
