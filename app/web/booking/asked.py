"""What the address of a page of times asks for: day, person, place, clock; and instants as buttons send them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from flask import request

from app.catalog.addon_rules import tokens
from app.scheduling.queries import Asker, CalendarView, Person
from app.web.booking.browser import browser_id
from app.web.booking.clocks import Clocks, clocks
from app.web.http import context

DAYS = 14
# Nothing is bookable farther than this; an address beyond it is a mistake.
FARTHEST = dt.timedelta(days=800)
ANYONE = "any"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; whatever it says wrongly is as if it had not said it."""

    first: dt.date
    day: dt.date | None
    person: Person | None
    clocks: Clocks
    zone: str | None
    anyone: bool
    place: uuid.UUID | None
    add: str = ""

    def narrowed(self, calendar: CalendarView) -> CalendarView:
        """The calendar at the place asked for."""
        return calendar.at(self.place) if self.place else calendar


def asked_for(calendar: CalendarView, default: Person | None = None) -> Asked:
    """Read `from`, `day`, `at`, `specialist`, `zone`."""
    zone = request.values.get("zone")
    shown = clocks(context.clinic().time_zone, video=calendar.modality == "video", asked=zone)
    today = shown.local(context.now()).date()
    chosen = _date(request.values.get("day"), today)
    first = _date(request.values.get("from"), today) or today
    if chosen is not None and not first <= chosen < first + dt.timedelta(days=DAYS):
        first = chosen
    slug = request.values.get("specialist")
    place = next((one for one in places(calendar) if str(one) == request.values.get("at")), None)
    there = calendar.at(place) if place else calendar
    person = person_called(there, slug) or (None if slug == ANYONE else default)
    kept = zone if zone == shown.main else None
    add = tokens(calendar.addons)
    return Asked(first, chosen, person, shown, kept, slug == ANYONE, place, add)


def places(calendar: CalendarView) -> dict[uuid.UUID, str]:
    """The locations of those who serve a calendar, by name."""
    found = {p.location_id: p.location_name or "" for p in calendar.public_people if p.location_id}
    return dict(sorted(found.items(), key=lambda pair: pair[1]))


def person_called(calendar: CalendarView, slug: str | None) -> Person | None:
    """The bookable specialist of that short name."""
    return next((one for one in calendar.public_people if one.slug == slug), None)


def _date(text: str | None, today: dt.date) -> dt.date | None:
    try:
        asked = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return asked if today <= asked <= today + FARTHEST else None


def asker() -> Asker:
    """This browser, from the street."""
    return Asker(context.now(), browser_id())


def start_of(text: str | None) -> dt.datetime | None:
    """An instant as the buttons send it: minutes since the epoch."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return dt.datetime.fromtimestamp(int(text) * 60, dt.UTC)


def minutes(moment: dt.datetime) -> int:
    """The instant as the buttons send it."""
    return int(moment.timestamp()) // 60
