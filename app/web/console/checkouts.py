"""Unfinished bookings: how many chosen times end in a booking, and where people stop (SCH-09)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.lib.paging import PageRequest
from app.scheduling.hold_log.queries import (
    OfCalendar,
    Unfinished,
    ends_by_calendar,
    together,
    unfinished,
)
from app.scheduling.hold_log.stream import EXPIRED, RELEASED
from app.scheduling.permissions import MANAGE
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.lists import heads
from app.web.http.locale import localised
from app.web.http.render import page

DAYS = (7, 30, 90)
LATEST = 25
ENDS = {
    RELEASED: (_l("Went back"), "info", "arrow-back-up"),
    EXPIRED: (_l("Left the form open"), "warn", "hourglass"),
}
CHANNELS = {"online": _l("Booking page"), "api": _l("Another site")}


@blueprint.get("/checkouts")
@guards.staff(MANAGE)
def checkouts() -> Response:
    """The last days: what became of the times that were chosen, by calendar, and the latest that were not booked."""
    days = _days()
    since = context.now() - dt.timedelta(days=days)
    session, org_id = context.session(), context.org_id()
    parts = ends_by_calendar(session, org_id, since)
    return page(
        "console/calendars/checkouts.html",
        tabs=[_tab(one, one == days) for one in DAYS],
        total=together(parts),
        parts=[_part(one) for one in parts],
        part_heads=_heads(
            gettext("Calendar"),
            gettext("Chosen"),
            gettext("Booked"),
            gettext("Went back"),
            gettext("Left the form open"),
            gettext("Taken before"),
            gettext("Time to book"),
        ),
        latest=[_line(one) for one in unfinished(session, org_id, since, LATEST)],
        latest_heads=_heads(
            gettext("When"), gettext("Wanted"), gettext("How it ended"), gettext("After")
        ),
    )


def _days() -> int:
    asked = request.args.get("days", "")
    return next((one for one in DAYS if str(one) == asked), DAYS[1])


def _tab(days: int, active: bool) -> dict[str, Any]:
    return {
        "label": ngettext("%(num)d day", "%(num)d days", days),
        "url": url_for("console.checkouts", days=days),
        "active": active,
        "count": None,
    }


def _heads(*words: str) -> list[dict[str, Any]]:
    return heads([(None, one) for one in words], PageRequest(), {})


def _part(one: OfCalendar) -> dict[str, Any]:
    minutes = one.ends.minutes
    return {
        "title": localised(one.names) if one.names else gettext("Not known"),
        "url": url_for("console.calendar", calendar_id=one.calendar_id)
        if one.calendar_id
        else None,
        "ends": one.ends,
        "minutes": None if minutes is None else max(1, round(minutes)),
    }


def _line(one: Unfinished) -> dict[str, Any]:
    return {
        "at": one.at,
        "title": localised(one.names) if one.names else gettext("Not known"),
        "starts_at": one.starts_at,
        "channel": CHANNELS.get(one.channel or ""),
        "end": ENDS[one.end],
        "minutes": max(1, round(one.kept_seconds / 60)),
    }
