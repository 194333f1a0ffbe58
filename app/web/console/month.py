"""The calendar of a month: how many visits each date has and how full it is; and a range of visits as a file."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context
from sqlalchemy import ColumnElement, or_, true

from app.appointments import permissions
from app.appointments.models import Appointment
from app.appointments.queries.agenda import AgendaEntry, visits_between
from app.appointments.queries.load import Load, loads
from app.lib.csv import csv_lines
from app.scheduling.queries.slots import midnight
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.calendar_chosen import Chosen, chosen, today, view_links
from app.web.console.own import only_specialist
from app.web.http import context, guards
from app.web.http.locale import localised
from app.web.http.render import page

WEEK = 7
LONGEST_EXPORT = 42


@blueprint.get("/month", defaults={"date": None})
@blueprint.get("/month/<date>")
@guards.staff(permissions.VIEW)
def month(date: str | None) -> Response:
    """The month of a date: of one specialist, one room or everybody; each date leads to its day."""
    shown = chosen(date)
    start = shown.date.replace(day=1)
    last = start.replace(day=calendar.monthrange(start.year, start.month)[1])
    first = start - dt.timedelta(days=start.weekday())
    days = -(-((last - first).days + 1) // WEEK) * WEEK
    weeks = _weeks(shown, first, days, start.month)
    of_month = [one["load"] for week in weeks for one in week if not one["outside"]]
    return page(
        "console/calendar/month.html",
        fragment="console/calendar/_month.html",
        shown=shown,
        first=start,
        weeks=weeks,
        total=sum(of_month, Load()),
        here_url=shown.url("console.month"),
        previous_url=shown.url("console.month", (start - dt.timedelta(days=1)).replace(day=1)),
        next_url=shown.url("console.month", last + dt.timedelta(days=1)),
        today_url=shown.url("console.month", today()),
        csv_url=shown.url("console.calendar_csv", start, days=str(last.day)),
        is_this_month=start <= today() <= last,
        filter_states=(),
        **view_links(shown, "month"),
    )


def _weeks(shown: Chosen, first: dt.date, days: int, of: int) -> list[list[dict[str, Any]]]:
    space = shown.space
    own = only_specialist()
    found = loads(
        context.session(),
        context.org_id(),
        first,
        days,
        time_zone=context.clinic().time_zone,
        location_id=None if space is not None else shown.location_id,
        specialist_id=own or (shown.who if space is None else None),
        room_id=space.id if space is not None else None,
    )
    drawn = [
        {
            "date": date,
            "url": shown.day_url(date),
            "outside": date.month != of,
            "current": date == today(),
            "load": found.on(date),
        }
        for date in found.dates
    ]
    return [drawn[at : at + WEEK] for at in range(0, days, WEEK)]


@blueprint.get("/calendar/<date>.csv")
@guards.staff(permissions.VIEW)
def calendar_csv(date: str) -> Response:
    """The visits of the dates that were shown, as a file for a spreadsheet."""
    shown = chosen(date)
    asked = request.args.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else 1
    days = max(1, min(days, LONGEST_EXPORT))
    zone = context.clinic().time_zone
    visits = visits_between(
        context.session(),
        context.org_id(),
        midnight(shown.date, zone),
        midnight(shown.date + dt.timedelta(days=days), zone),
        _which(shown),
    )
    header = (
        *("date", "start", "end", "minutes", "patient", "phone", "service"),
        *("specialist", "state", "channel"),
    )
    body = stream_with_context(csv_lines(header, _lines(shown, visits)))
    name = f"{context.clinic().slug}-calendar-{shown.date}-{days}.csv"
    return Response(
        body,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _which(shown: Chosen) -> ColumnElement[bool]:
    own = only_specialist()
    theirs: ColumnElement[bool] = Appointment.specialist_id == own if own is not None else true()
    if shown.space is not None:
        space = shown.space.id
        return theirs & or_(Appointment.room_id == space, Appointment.device_id == space)
    if shown.who is not None:
        return theirs & (Appointment.specialist_id == shown.who)
    return theirs & Appointment.specialist_id.in_([id_ for id_, _name in shown.specialists])


def _lines(shown: Chosen, visits: list[AgendaEntry]) -> Iterator[tuple[object, ...]]:
    names = dict(shown.specialists)
    for one in visits:
        start, end = local(one.starts_at), local(one.ends_at)
        yield (
            f"{start:%Y-%m-%d}",
            f"{start:%H:%M}",
            f"{end:%H:%M}",
            int((one.ends_at - one.starts_at).total_seconds() // 60),
            one.patient_name,
            one.patient_phone or "",
            localised(one.service_names),
            names.get(one.specialist_id, ""),
            one.state,
            one.channel,
        )
