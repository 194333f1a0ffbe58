"""A day's agenda as the calendar draws it: minutes on the clinic's clock, lanes, buffers, and the times that are free.

Pure but for addresses and words; what the columns hold is described in templates/ui/calendar.html.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext

from app.appointments.actions.stretching import MAY_STRETCH
from app.appointments.queries import AgendaEntry, Column, DayAgenda
from app.appointments.queries.agenda import Away, Block
from app.appointments.states import OPEN, TAKES_TIME
from app.lib.intervals import Span, merge
from app.scheduling.rules.walltime import WallClock
from app.web.console.calendar_clock import (
    DAY_MINUTES,
    Clock,
    change_blocks,
    hours_between,
    reach,
    text_of,
)
from app.web.http.locale import localised

# A cell of the calendar that can be clicked; what is left of one below the shortest is none.
CELL_MIN, SHORTEST_MIN, ROW_MIN = 30, 15, 5
MOST_LANES = 4


@dataclass(frozen=True, slots=True)
class Drawing:
    """The columns of a day and the hours that they reach over."""

    columns: list[dict[str, Any]]
    day_start: int
    day_end: int
    hours: list[tuple[int, str]]
    now: int | None


class Links:
    """Addresses of a drawing: each kind is built once and filled in, since a full day has hundreds."""

    _ID = uuid.UUID(int=0)

    def __init__(self, day: dt.date) -> None:
        self._visit = url_for("console.visit", visit_id=self._ID)
        self._move = url_for("console.move", visit_id=self._ID)
        self._length = url_for("console.change_length", visit_id=self._ID)
        self._new = url_for("console.new_visit", day=day.isoformat())

    def visit(self, visit_id: uuid.UUID) -> str:
        return self._visit.replace(str(self._ID), str(visit_id))

    def move(self, visit_id: uuid.UUID) -> str:
        return self._move.replace(str(self._ID), str(visit_id))

    def length(self, visit_id: uuid.UUID) -> str:
        return self._length.replace(str(self._ID), str(visit_id))

    def new(self, time: str, specialist_id: uuid.UUID) -> str:
        return f"{self._new}&time={time}&specialist={specialist_id}"


def draw(agenda: DayAgenda, now: dt.datetime, *, may_book: bool, may_move: bool) -> Drawing:
    """The day, drawn. Free times are offered from now on, and only to who may book."""
    clock = Clock(agenda.day, agenda.time_zone)
    today = now.astimezone(ZoneInfo(agenda.time_zone)).date()
    since = DAY_MINUTES if agenda.day < today else clock.minute(now) if agenda.day == today else 0
    start, end = _reach(agenda, clock)
    links = Links(agenda.day)
    columns = [
        _column(one, agenda.day, clock, links, since if may_book else DAY_MINUTES, may_move)
        for one in agenda.columns
    ]
    return Drawing(
        columns, start, end, hours_between(start, end), since if agenda.day == today else None
    )


def _reach(agenda: DayAgenda, clock: Clock) -> tuple[int, int]:
    """Whole hours that show all working time and every visit."""
    columns = agenda.columns
    return reach(
        [clock.span(one) for column in columns for one in column.working],
        [
            clock.span(one)
            for column in columns
            for one in (*column.visits, *column.carried, *column.away, *column.blocks)
        ],
    )


def _column(
    column: Column,
    day: dt.date,
    clock: Clock,
    links: Links,
    bookable_since: int,
    may_move: bool,
) -> dict[str, Any]:
    alone, classes = _by_class(column.visits)
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
        "detail": column.title,
        "url": url_for("console.day", date=day.isoformat(), specialist=column.specialist_id),
        "open": [(start, end - start) for start, end in working],
        "events": [
            *(_carried(one, clock, links) for one in column.carried),
            *_events(alone, clock, links, may_move, classes),
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


def lanes(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """For spans in the order of their starts: the lane of each and how many its group needs, at most four."""
    placed: list[int] = []
    sizes: dict[int, int] = {}
    group, group_end = -1, 0
    ends: list[int] = []
    groups: list[int] = []
    for start, end in spans:
        if group < 0 or start >= group_end:
            group, ends, group_end = group + 1, [], end
        lane = next((i for i, last in enumerate(ends) if last <= start), len(ends))
        ends[lane : lane + 1] = [end]
        group_end = max(group_end, end)
        sizes[group] = max(sizes.get(group, 1), len(ends))
        placed.append(lane + 1)
        groups.append(group)
    return [
        (min(lane, MOST_LANES), min(sizes[one], MOST_LANES))
        for lane, one in zip(placed, groups, strict=True)
    ]


Classes: TypeAlias = dict[uuid.UUID, list[AgendaEntry]]


def _by_class(visits: Sequence[AgendaEntry]) -> tuple[list[AgendaEntry], Classes]:
    """What is drawn as a block of its own, a class by its first participant; and who is in each class."""
    classes: Classes = {}
    alone = []
    for visit in visits:
        if visit.class_id is None or visit.class_id not in classes:
            alone.append(visit)
        if visit.class_id is not None:
            classes.setdefault(visit.class_id, []).append(visit)
    return alone, classes


def _class_event(
    participants: Sequence[AgendaEntry], start: int, end: int, lane: int, of: int
) -> dict[str, Any]:
    first = participants[0]
    address = url_for("console.class_page", class_id=first.class_id)
    states = {one.state for one in participants}
    return {
        "id": str(first.class_id),
        "start": start,
        "minutes": end - start,
        "title": localised(first.service_names),
        "detail": gettext(
            "%(taken)s of %(places)s", taken=len(participants), places=first.class_places
        ),
        "time": text_of(start),
        "state": first.state if len(states) == 1 else "upcoming",
        "url": address,
        "attrs": {"id": f"class-{first.class_id}"},
        "lane": lane,
        "lanes": of,
    }


def _events(
    visits: Sequence[AgendaEntry], clock: Clock, links: Links, may_move: bool, classes: Classes
) -> Iterator[dict[str, Any]]:
    spans = [clock.span(one) for one in visits]
    for visit, (start, end), (lane, of) in zip(visits, spans, lanes(spans), strict=True):
        if visit.class_id is not None:
            yield _class_event(classes[visit.class_id], start, end, lane, of)
            continue
        yield {
            "id": str(visit.id),
            "start": start,
            "minutes": end - start,
            "length": lasts(visit),
            "until": f"{visit.ends_at.astimezone(clock.zone):%H:%M}",
            "title": visit.patient_name,
            "detail": _service(visit),
            "time": text_of(start),
            "state": shown_state(visit),
            "url": links.visit(visit.id),
            "attrs": _event_attributes(visit, links, may_move),
            "lane": lane,
            "lanes": of,
        }


def _carried(visit: AgendaEntry, clock: Clock, links: Links) -> dict[str, Any]:
    """The rest of a visit that began on the date before; it is moved from where it begins."""
    _start, end = clock.span(visit)
    address = links.visit(visit.id)
    return {
        "id": f"{visit.id}-on",
        "start": 0,
        "minutes": end,
        "title": visit.patient_name,
        "detail": _service(visit),
        "time": gettext("until %(time)s", time=text_of(end)),
        "state": shown_state(visit),
        "url": address,
        "attrs": {"id": f"visit-{visit.id}-on", "hx-get": address, "hx-target": "#panel"},
        "lane": 1,
        "lanes": 1,
    }


def lasts(visit: AgendaEntry) -> int:
    """Its minutes, whatever the clocks did meanwhile and wherever the date ended."""
    return int((visit.ends_at - visit.starts_at).total_seconds() // 60)


def _service(visit: AgendaEntry) -> str:
    service = localised(visit.service_names)
    return gettext("Overbooked · %(service)s", service=service) if visit.overbooked else service


def shown_state(visit: AgendaEntry) -> str:
    """The state as the desk sees it: who has arrived and waits is told apart."""
    return "arrived" if visit.state in OPEN and visit.checked_in_at is not None else visit.state


def _event_attributes(visit: AgendaEntry, links: Links, may_move: bool) -> dict[str, str]:
    address = links.visit(visit.id)
    found = {"id": f"visit-{visit.id}", "hx-get": address, "hx-target": "#panel"}
    if may_move and visit.state in OPEN:
        found["data-move-url"] = links.move(visit.id)
        found["data-version"] = str(visit.version)
    if may_move and visit.state in MAY_STRETCH and visit.class_id is None:
        found["data-length-url"] = links.length(visit.id)
        found["data-version"] = str(visit.version)
    return found


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
            "hx-target": "#panel",
        },
    }
