"""Free times: the same function that every page asks (BYD-01, BOK-05)."""

from __future__ import annotations

import datetime as dt

from app.lib.errors import Invalid
from app.scheduling.queries import Asker, CalendarView, DaySlots, Slot, slot_page
from app.web.api.addons import added_in_query
from app.web.api.asking import at_place, bookable, on_clock, person_named
from app.web.api.operations import operation
from app.web.api.shapes.offer import Price
from app.web.api.shapes.times import MOST_DAYS, Availability, FreeDay, Range, Start
from app.web.http import context

USUAL_DAYS = 7


@operation(
    "GET",
    "/calendars/<calendar>/availability",
    summary="Free times",
    tag="Times",
    query=Range,
    answer=Availability,
)
def availability(calendar: str, query: Range) -> Availability:
    """The starts that can be booked now, date by date. What is listed is accepted, unless somebody is quicker."""
    chosen = at_place(bookable(calendar), query.location, "query:location")
    person = person_named(chosen, query.specialist, "query:specialist")
    chosen = added_in_query(chosen, query.addons)
    zone = query.time_zone or context.clinic().time_zone
    found = slot_page(
        context.session(),
        context.redis(),
        context.org_id(),
        chosen,
        Asker(context.now()),
        first=query.first,
        days=_days(query),
        time_zone=zone,
        specialist_id=person.id if person else None,
    )
    days = [_day(one, chosen, zone) for one in found.days]
    return Availability(
        calendar=calendar,
        time_zone=zone,
        duration_min=chosen.offer.duration_min,
        price=Price(minor=chosen.price_minor, currency=chosen.currency),
        days=days,
    )


def _days(query: Range) -> int:
    last = query.last or query.first + dt.timedelta(days=USUAL_DAYS - 1)
    days = (last - query.first).days + 1
    if days < 1:
        raise Invalid.one("query:to", "range_backwards")
    if days > MOST_DAYS:
        raise Invalid.one("query:to", "range_too_long", limit=MOST_DAYS)
    return days


def _day(one: DaySlots, calendar: CalendarView, zone: str) -> FreeDay:
    return FreeDay(date=one.day, starts=[_start(slot, calendar, zone) for slot in one.slots])


def _start(slot: Slot, calendar: CalendarView, zone: str) -> Start:
    able = {person.id: person.slug for person in calendar.people}
    return Start(
        starts_at=on_clock(slot.starts_at, zone),
        specialists=[able[one] for one in slot.specialist_ids],
        places=slot.places,
    )
