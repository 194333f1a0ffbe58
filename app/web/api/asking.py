"""What a request names, found in the clinic: a calendar, one of its people, one of its places."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from app.lib.errors import Invalid, NotFound
from app.scheduling.queries import CalendarView, Person, calendar_view
from app.web.http import context


def bookable(slug: str) -> CalendarView:
    """The calendar, with those of its people whom the public may book. Raises NotFound."""
    found = calendar_view(context.session(), context.org_id(), slug=slug, public_only=True)
    if not found.public_people:
        raise NotFound("calendar_not_found")
    return found


def calendar_in_body(slug: str) -> CalendarView:
    """The same for a calendar that the body names: an unknown one is a wrong field."""
    try:
        return bookable(slug)
    except NotFound:
        raise Invalid.one("/calendar", "unknown_choice") from None


def at_place(calendar: CalendarView, location: str | None, field: str) -> CalendarView:
    """The calendar with its people of that location. Raises Invalid where nobody works there."""
    if location is None:
        return calendar
    there = calendar.at(uuid.UUID(location))
    if not there.public_people:
        raise Invalid.one(field, "location_unknown")
    return there


def person_named(calendar: CalendarView, slug: str | None, field: str) -> Person | None:
    """One of the calendar's people. Raises Invalid for a name that is none of theirs."""
    if slug is None:
        return None
    found = next((one for one in calendar.public_people if one.slug == slug), None)
    if found is None:
        raise Invalid.one(field, "specialist_unknown")
    return found


def on_clock(moment: dt.datetime, zone: str) -> dt.datetime:
    """The moment with the offset of a zone."""
    return moment.astimezone(ZoneInfo(zone))
