"""Waiting for a time: the list without an account (SCH-08)."""

from __future__ import annotations

from app.kernel.opaque_ids import OpaqueIds
from app.scheduling.queries import CalendarView
from app.waiting.actions import JoinWish, join_as_guest
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART
from app.web.api.asking import calendar_in_body, person_named
from app.web.api.offer import absolute
from app.web.api.operations import operation
from app.web.api.people import contact_in, texts_allowed
from app.web.api.shapes.visits import Waiting, WaitingWish
from app.web.http import context

# The purpose under which the page of an entry reads its address (web.booking, a stranger to this surface).
ENTRY = "waiting.entry"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS = ("morning", "afternoon", "evening")


@operation(
    "POST",
    "/waiting-list",
    summary="Wait for a time",
    tag="Waiting list",
    body=WaitingWish,
    answer=Waiting,
    status=201,
)
def join_waiting_list(body: WaitingWish) -> Waiting:
    """Join the waiting list of a calendar: a freed time is offered to the next whom it suits."""
    calendar = calendar_in_body(body.calendar)
    contact = contact_in(body.contact, body.time_zone)
    texts = texts_allowed(body.consents)
    entry_id = join_as_guest(
        context.session(),
        context.actor(),
        contact,
        _wish(body, calendar),
        texts_allowed=texts,
        now=context.now(),
    )
    token = OpaqueIds(context.settings().secret_key, ENTRY).write(entry_id)
    return Waiting(page=absolute("booking.waiting_entry", token=token))


def _wish(body: WaitingWish, calendar: CalendarView) -> JoinWish:
    person = person_named(calendar, body.specialist, "/specialist")
    place = person.time_zone if person else context.clinic().time_zone
    return JoinWish(
        calendar.id,
        (body.time_zone or place) if calendar.modality == "video" else place,
        "online",
        person.id if person else None,
        body.first_day,
        body.last_day,
        sum({1 << DAYS.index(one) for one in body.weekdays}) or EVERY_DAY,
        sum({1 << PARTS.index(one) for one in body.parts}) or EVERY_PART,
    )
