"""Bookings: made once however often they are sent, read and changed by whoever holds the token (BOK-02, APT-03)."""

from __future__ import annotations

import uuid

from app.appointments import actions
from app.appointments.actions import Wish, book_as_guest, release_once_booked
from app.appointments.actions.moving import NewTime
from app.appointments.queries import VisitView, visit_view
from app.appointments.queries.addons import addons_of_visit
from app.appointments.queries.length import own_length
from app.appointments.rules.policy import LATE_CANCEL, LATE_MOVE
from app.kernel.idempotency import claim, settle
from app.kernel.tokens import TokenForged
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.lib.text import clean_block
from app.scheduling.queries import Asker, CalendarView, calendar_view, free_at
from app.web.api.addons import added_or_held, told
from app.web.api.asking import at_place, calendar_in_body, on_clock, person_named
from app.web.api.costs import cost_of, demand_accepted, may_change
from app.web.api.hold_token import HoldTicket
from app.web.api.holding import hold_of
from app.web.api.offer import absolute
from app.web.api.operations import Reply, operation
from app.web.api.people import contact_in, texts_allowed
from app.web.api.shapes.offer import Price
from app.web.api.shapes.visits import (
    Booking,
    BookingWish,
    Cancellation,
    Links,
    Move,
    Where,
)
from app.web.http import context
from app.web.http.locale import localised
from app.web.http.visit_links import AFTERWARDS, visit_meant, visit_token

SCOPE = "api.book"


@operation(
    "POST",
    "/bookings",
    summary="Book",
    tag="Bookings",
    body=BookingWish,
    answer=Booking,
    status=201,
    idempotent=True,
    problems=(409, 410),
)
def create_booking(key: str, body: BookingWish) -> Reply:
    """Book a time, with or without a hold. The same key and content again give the same booking, never a second one."""
    calendar = at_place(calendar_in_body(body.calendar), body.location, "/location")
    hold = _hold(body, calendar)
    person = person_named(calendar, body.specialist, "/specialist")
    calendar = added_or_held(calendar, body.addons, hold)
    contact = contact_in(body.contact, body.time_zone)
    texts = texts_allowed(body.consents)
    session, org_id = context.session(), context.org_id()
    replay = claim(session, org_id, SCOPE, key, body.model_dump_json())
    if replay is not None:
        again = read_booking(replay.answer["booking"])
        return Reply(again, {"Idempotency-Replayed": "true"})
    visit = book_as_guest(
        session,
        context.redis(),
        context.actor(),
        _within_reach(calendar, hold),
        Wish(
            starts_at=body.starts_at,
            specialist_id=person.id if person else _chosen(hold),
            channel="api",
            time_zone=body.time_zone or context.clinic().time_zone,
            client=hold.client if hold else None,
            note=clean_block(body.note),
            assigned=hold.held.assigned if hold else None,
        ),
        contact,
        texts_allowed=texts,
        now=context.now(),
    )
    token = visit_token(context.settings(), visit.id)
    settle(session, org_id, SCOPE, key, {"booking": token})
    if hold is not None:
        release_once_booked(
            session,
            context.redis(),
            org_id,
            hold.held.token,
            hold.client,
            now=context.now(),
        )
    made = read_booking(token)
    return Reply(made, {"Location": absolute("api.read_booking", booking_token=token)})


@operation(
    "GET",
    "/bookings/<booking_token>",
    summary="Look at a booking",
    tag="Bookings",
    answer=Booking,
    problems=(410,),
)
def read_booking(booking_token: str) -> Booking:
    """The booking as it stands, until a month after the visit."""
    return _shown(_visit(booking_token), booking_token)


@operation(
    "POST",
    "/bookings/<booking_token>/cancellation",
    summary="Cancel",
    tag="Bookings",
    body=Cancellation,
    answer=Booking,
    problems=(403, 409, 410),
)
def cancel(booking_token: str, body: Cancellation) -> Booking:
    """Cancel a booking; its time is free to others at once. Late, it costs `cancel_costs`."""
    seen = _visit(booking_token)
    demand_accepted(seen, LATE_CANCEL, body.accepted_cost)
    actions.cancel(
        context.session(),
        context.actor(),
        seen.id,
        now=context.now(),
        reason=clean_block(body.reason),
    )
    return read_booking(booking_token)


@operation(
    "POST",
    "/bookings/<booking_token>/move",
    summary="Move",
    tag="Bookings",
    body=Move,
    answer=Booking,
    problems=(403, 409, 410),
)
def move(booking_token: str, body: Move) -> Booking:
    """Move a booking to another free time; it keeps its token and reference. Late, it costs `move_costs`."""
    seen = _visit(booking_token)
    if body.version is not None and body.version != seen.version:
        raise Conflict("appointment_changed")
    demand_accepted(seen, LATE_MOVE, body.accepted_cost)
    target = NewTime(body.starts_at, _who(seen, body))
    actions.move(
        context.session(), context.redis(), context.actor(), seen.id, target, now=context.now()
    )
    return read_booking(booking_token)


def _hold(body: BookingWish, calendar: CalendarView) -> HoldTicket | None:
    if body.hold is None:
        return None
    try:
        ticket = hold_of(body.hold)
    except NotFound:
        raise Invalid.one("/hold", "wrong_form") from None
    if (ticket.calendar_id, ticket.starts_at) != (calendar.id, body.starts_at):
        raise Invalid.one("/hold", "hold_other")
    return ticket


def _chosen(hold: HoldTicket | None) -> uuid.UUID | None:
    return hold.held.assigned.specialist_id if hold and hold.chosen else None


def _within_reach(calendar: CalendarView, hold: HoldTicket | None) -> CalendarView:
    """Another specialist may step in for the one whom a hold named, at the same place only."""
    if hold is None:
        return calendar
    shown = calendar.person(hold.held.assigned.specialist_id)
    return calendar.at(shown.location_id)


def _visit(token: str) -> VisitView:
    try:
        meant = visit_meant(context.settings(), token)
        seen = visit_view(context.session(), context.org_id(), meant)
    except (TokenForged, NotFound):
        raise NotFound("booking_not_found") from None
    if context.now() >= seen.ends_at + AFTERWARDS:
        raise Expired("visit_link_over")
    return seen


def _who(seen: VisitView, body: Move) -> uuid.UUID | None:
    """With whom it may be then: the one asked for, else the present one, else who is free. None: as it is."""
    session, org_id = context.session(), context.org_id()
    calendar = own_length(calendar_view(session, org_id, calendar_id=seen.calendar_id), seen)
    present = next((one for one in calendar.people if one.id == seen.specialist_id), None)
    here = calendar.at(present.location_id) if present else calendar
    named = person_named(here, body.specialist, "/specialist")
    if named is not None:
        return named.id
    asker = Asker(context.now())
    able = free_at(
        session, context.redis(), org_id, here, asker, body.starts_at, None, ignoring=seen.id
    )
    return able[0] if able and seen.specialist_id not in able else None


def _shown(seen: VisitView, token: str) -> Booking:
    zone = seen.time_zone
    return Booking(
        token=token,
        reference=seen.reference,
        state=seen.state,
        version=seen.version,
        starts_at=on_clock(seen.starts_at, zone),
        ends_at=on_clock(seen.ends_at, zone),
        time_zone=zone,
        service=localised(seen.service_names),
        modality="video" if seen.modality == "video" else "in_person",
        specialist=" ".join(part for part in (seen.specialist_title, seen.specialist_name) if part),
        location=_where(seen),
        price=Price(minor=seen.price_minor, currency=seen.currency),
        addons=told(addons_of_visit(context.session(), context.org_id(), seen.id), seen.currency),
        may_change=may_change(seen),
        may_change_until=on_clock(seen.may_change_until, zone),
        cancel_costs=cost_of(seen, LATE_CANCEL),
        move_costs=cost_of(seen, LATE_MOVE),
        links=Links(
            page=absolute("booking.visit", token=token),
            calendar_file=absolute("booking.calendar_entry", token=token),
        ),
    )


def _where(seen: VisitView) -> Where | None:
    if seen.location_name is None or seen.modality == "video":
        return None
    return Where(
        name=seen.location_name,
        address=seen.location_address or "",
        city=seen.location_city or "",
        phone=seen.location_phone,
    )
