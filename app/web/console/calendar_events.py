"""Visits as blocks of the calendar: where each stands, beside which others, what it says and where it leads."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from flask import url_for
from flask_babel import gettext

from app.appointments.actions.stretching import MAY_STRETCH
from app.appointments.queries import AgendaEntry
from app.appointments.states import OPEN
from app.lib.intervals import Span
from app.web.console.calendar_clock import Clock, text_of
from app.web.console.calendar_filter import EVERYTHING, Wanted
from app.web.console.desk_states import state_at_desk
from app.web.http.locale import localised

MOST_LANES = 4


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


def by_class(visits: Sequence[AgendaEntry]) -> tuple[list[AgendaEntry], Classes]:
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


def drawn_visits(
    alone: Sequence[AgendaEntry],
    classes: Classes,
    carried: Iterable[AgendaEntry],
    clock: Clock,
    links: Links,
    *,
    may_move: bool,
    wanted: Wanted = EVERYTHING,
) -> Iterator[dict[str, Any]]:
    """What a column shows of visits: those of the date, parted by `by_class`, and the rest of the night before's."""
    for visit in carried:
        yield {**_carried(visit, clock, links), "faded": not wanted.has(visit)}
    yield from _events(alone, clock, links, may_move, classes, wanted)


def _events(
    visits: Sequence[AgendaEntry],
    clock: Clock,
    links: Links,
    may_move: bool,
    classes: Classes,
    wanted: Wanted,
) -> Iterator[dict[str, Any]]:
    spans = [clock.span(one) for one in visits]
    for visit, (start, end), (lane, of) in zip(visits, spans, lanes(spans), strict=True):
        if visit.class_id is not None:
            drawn = _class_event(classes[visit.class_id], start, end, lane, of)
            yield {**drawn, "faded": not any(wanted.has(one) for one in classes[visit.class_id])}
            continue
        yield {
            "id": str(visit.id),
            "start": start,
            "minutes": end - start,
            "length": lasts(visit),
            "until": clock.text(visit.ends_at),
            "title": visit.patient_name,
            "detail": _service(visit),
            "time": clock.text(visit.starts_at),
            "state": state_at_desk(visit),
            "faded": not wanted.has(visit),
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
        "state": state_at_desk(visit),
        "url": address,
        "attrs": {"id": f"visit-{visit.id}-on", "hx-get": address},
        "lane": 1,
        "lanes": 1,
    }


def lasts(visit: AgendaEntry) -> int:
    """Its minutes, whatever the clocks did meanwhile and wherever the date ended."""
    return int((visit.ends_at - visit.starts_at).total_seconds() // 60)


def _service(visit: AgendaEntry) -> str:
    service = localised(visit.service_names)
    return gettext("Overbooked · %(service)s", service=service) if visit.overbooked else service


def _event_attributes(visit: AgendaEntry, links: Links, may_move: bool) -> dict[str, str]:
    address = links.visit(visit.id)
    found = {"id": f"visit-{visit.id}", "hx-get": address}
    if may_move and visit.state in OPEN:
        found["data-move-url"] = links.move(visit.id)
        found["data-version"] = str(visit.version)
    if may_move and visit.state in MAY_STRETCH and visit.class_id is None:
        found["data-length-url"] = links.length(visit.id)
        found["data-version"] = str(visit.version)
    return found
