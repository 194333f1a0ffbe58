"""The calendar of a week: one specialist's or one room's hours side by side, or everybody's load at a glance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Response, request

from app.appointments import permissions
from app.appointments.queries import DayAgenda
from app.appointments.queries.agenda import agendas
from app.appointments.queries.load import Loads, loads
from app.appointments.queries.rooms import room_agendas
from app.web.console import blueprint
from app.web.console.calendar_chosen import Chosen, chosen, may_book, today, view_links
from app.web.console.calendar_filter import filter_inputs, wanted
from app.web.console.calendar_week import draw_dates, draw_rooms
from app.web.console.own import address_of, only_specialist
from app.web.http import context, guards
from app.web.http.render import page

WEEK, WORK_WEEK = 7, 5
# Everybody's week has loads in the place of visits, and nothing to filter.
NOT_DRAWN: dict[str, Any] = {
    "drawing": None,
    "filter_services": (),
    "filter_states": (),
    "filtered": {},
}


@blueprint.get("/week", defaults={"date": None})
@blueprint.get("/week/<date>")
@guards.staff(permissions.VIEW)
def week(date: str | None) -> Response:
    """The week of a date, this one where none is named: of one specialist or room, else of everybody."""
    shown = chosen(date, own_first=True)
    days = WORK_WEEK if request.args.get("days") == str(WORK_WEEK) else WEEK
    first = shown.date - dt.timedelta(days=shown.date.weekday())
    one = shown.specialist is not None or shown.space is not None
    return page(
        "console/calendar/week.html",
        fragment="console/calendar/_week.html",
        shown=shown,
        first=first,
        last=first + dt.timedelta(days=days - 1),
        days=days,
        **(_drawn(shown, first, days) if one else NOT_DRAWN),
        loads=None if one else _loads(shown, first, days),
        **_around(shown, first, days),
        **view_links(shown, "week"),
    )


@blueprint.get("/day/rooms", defaults={"date": None})
@blueprint.get("/day/<date>/rooms")
@guards.staff(permissions.VIEW)
def rooms_day(date: str | None) -> Response:
    """One date with a column for every room and device (SCH-07)."""
    shown = chosen(date)
    looked_for = wanted()
    agenda = room_agendas(
        context.session(),
        context.redis(),
        context.org_id(),
        shown.spaces,
        shown.date,
        1,
        now=context.now(),
        time_zone=context.clinic().time_zone,
        only_patients_of=only_specialist(),
    )[0]
    one_day = dt.timedelta(days=1)
    return page(
        "console/calendar/rooms.html",
        fragment="console/calendar/_rooms.html",
        shown=shown,
        drawing=draw_rooms(agenda, shown, context.now(), may_book=may_book(), wanted=looked_for),
        rooms_url=address_of("console.rooms"),
        unfiltered_url=shown.url("console.rooms_day", service="", state=""),
        **filter_inputs(agenda.visits, looked_for),
        here_url=shown.url("console.rooms_day"),
        previous_url=shown.url("console.rooms_day", shown.date - one_day),
        next_url=shown.url("console.rooms_day", shown.date + one_day),
        today_url=shown.url("console.rooms_day", today()),
        **view_links(shown, "rooms"),
    )


def _drawn(shown: Chosen, first: dt.date, days: int) -> dict[str, Any]:
    """The dates of one specialist or room, drawn, and the choices of their filter."""
    looked_for = wanted()
    found = _agendas(shown, first, days)
    visits = [visit for one in found for visit in one.visits]
    return {
        "drawing": draw_dates(found, shown, context.now(), may_book=may_book(), wanted=looked_for),
        **filter_inputs(visits, looked_for),
    }


def _agendas(shown: Chosen, first: dt.date, days: int) -> Sequence[DayAgenda]:
    session, redis, org_id = context.session(), context.redis(), context.org_id()
    now, zone = context.now(), context.clinic().time_zone
    if shown.space is not None:
        own = only_specialist()
        return room_agendas(
            *(session, redis, org_id, [shown.space], first, days),
            now=now,
            time_zone=zone,
            only_patients_of=own,
        )
    return agendas(
        *(session, redis, org_id, first, days),
        now=now,
        time_zone=zone,
        specialist_id=shown.who,
    )


def _loads(shown: Chosen, first: dt.date, days: int) -> Loads:
    return loads(
        context.session(),
        context.org_id(),
        first,
        days,
        time_zone=context.clinic().time_zone,
        location_id=shown.location_id,
        specialist_id=only_specialist(),
    )


def _around(shown: Chosen, first: dt.date, days: int) -> dict[str, Any]:
    """The weeks before and after, this one, and five or seven dates of it."""
    other = "" if days == WORK_WEEK else str(WORK_WEEK)
    return {
        "here_url": shown.url("console.week"),
        "previous_url": shown.url("console.week", first - dt.timedelta(days=WEEK)),
        "next_url": shown.url("console.week", first + dt.timedelta(days=WEEK)),
        "today_url": shown.url("console.week", today()),
        "days_url": shown.url("console.week", days=other),
        "unfiltered_url": shown.url("console.week", service="", state=""),
        "csv_url": shown.url("console.calendar_csv", first, days=str(days)),
        "is_this_week": first <= today() < first + dt.timedelta(days=WEEK),
        "dates": [first + dt.timedelta(offset) for offset in range(days)],
        "this_day": today(),
    }
