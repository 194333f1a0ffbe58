"""Keeping a time while the rest of a booking is asked for (SCH-04, SCH-09)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from app.appointments.actions import Wish, hold_slot, release_slot
from app.appointments.actions.extending import extend_hold
from app.catalog.addon_rules import read_tokens, tokens
from app.lib.errors import Conflict, NotFound
from app.lib.ids import new_token
from app.scheduling.queries import CalendarView
from app.web.api.addons import added, still_added
from app.web.api.asking import at_place, bookable, calendar_in_body, on_clock, person_named
from app.web.api.hold_token import HoldTicket, read_hold
from app.web.api.operations import Reply, operation
from app.web.api.shapes.offer import Price
from app.web.api.shapes.times import Held, HoldWish
from app.web.http import context

LONGEST = dt.timedelta(minutes=30)
CHANNEL = "api"


@operation(
    "POST",
    "/holds",
    summary="Keep a time",
    tag="Holds",
    body=HoldWish,
    answer=Held,
    status=201,
    problems=(409,),
)
def create_hold(body: HoldWish) -> Held:
    """Keep a time for some minutes: nobody else is offered it until the hold ends, is released or booked."""
    calendar = at_place(calendar_in_body(body.calendar), body.location, "/location")
    person = person_named(calendar, body.specialist, "/specialist")
    calendar = added(calendar, body.addons, "/addons")
    client, now = new_token(18), context.now()
    wish = Wish(
        body.starts_at, person.id if person else None, CHANNEL, context.clinic().time_zone, client
    )
    held = hold_slot(context.session(), context.redis(), context.org_id(), calendar, wish, now=now)
    ticket = HoldTicket(
        client,
        calendar.id,
        calendar.slug,
        body.starts_at,
        now,
        person is not None,
        held,
        tokens(calendar.addons),
    )
    return _answer(ticket, calendar)


@operation(
    "POST",
    "/holds/<hold_token>/extension",
    summary="Keep it longer",
    tag="Holds",
    answer=Held,
    problems=(409, 410),
)
def extend(hold_token: str) -> Held:
    """Start the hold's time anew, until half an hour after it began. The answer brings a new token."""
    ticket, now = hold_of(hold_token), context.now()
    if now >= ticket.first_held_at + LONGEST:
        raise Conflict("hold_too_long")
    calendar = still_added(bookable(ticket.calendar), read_tokens(ticket.addons))
    if calendar is None:
        raise Conflict("addon_unknown")
    held = extend_hold(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        ticket.starts_at,
        ticket.held.assigned,
        ticket.held.token,
        ticket.client,
        channel=CHANNEL,
        now=now,
    )
    return _answer(replace(ticket, held=held), calendar)


@operation(
    "DELETE",
    "/holds/<hold_token>",
    summary="Let it go",
    tag="Holds",
    answer=None,
    status=204,
    problems=(410,),
)
def release(hold_token: str) -> Reply:
    """The time is free to others at once. Letting go twice is no error."""
    let_go(hold_of(hold_token))
    return Reply(None)


def hold_of(token: str) -> HoldTicket:
    """The hold, if it is one of this clinic. Raises NotFound, Expired."""
    ticket = read_hold(token)
    if bookable(ticket.calendar).id != ticket.calendar_id:
        raise NotFound("hold_not_found")
    return ticket


def let_go(ticket: HoldTicket) -> None:
    """Free what is kept."""
    held = ticket.held
    release_slot(context.redis(), context.org_id(), held.token, ticket.client, now=context.now())


def _answer(ticket: HoldTicket, calendar: CalendarView) -> Held:
    zone = context.clinic().time_zone
    length = dt.timedelta(minutes=calendar.offer.duration_min)
    expires_at = ticket.held.expires_at
    return Held(
        token=ticket.signed(),
        calendar=ticket.calendar,
        starts_at=on_clock(ticket.starts_at, zone),
        ends_at=on_clock(ticket.starts_at + length, zone),
        specialist=calendar.person(ticket.held.assigned.specialist_id).slug,
        expires_at=on_clock(expires_at, zone) if expires_at else None,
        price=Price(minor=calendar.price_minor, currency=calendar.currency),
        extendable_until=on_clock(ticket.first_held_at + LONGEST, zone),
    )
