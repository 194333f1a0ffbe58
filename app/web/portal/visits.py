"""Visits in the portal: those to come, those that were, and booking one again in one tap (PRT-01, BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from flask import g, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.appointments.actions import Wish, book
from app.appointments.files.queries import any_shared
from app.appointments.queries import VisitView, upcoming_for_patients
from app.appointments.queries.addons import (
    KeptAddon,
    addons_of_visit,
    with_addons,
)
from app.appointments.queries.own import past_visits, to_repeat
from app.appointments.rules.suggesting import suggested
from app.catalog.addon_rules import tokens
from app.kernel.idempotency import claim, settle
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import new_token
from app.lib.paging import PagingInvalid, parse_page
from app.scheduling.queries import Asker, CalendarView, Person, next_free
from app.web.http import context, guards
from app.web.http.addon_fields import online_addons
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.lists import pager
from app.web.http.own_patients import known, patient
from app.web.http.render import page, see_other
from app.web.http.visit_links import visit_token
from app.web.portal import blueprint

SCOPE = "portal.again"
# In place of add-ons: nothing of what was added last time.
NONE = "none"
SUGGESTED, SOON_DAYS, MOST_STARTS = 6, 30, 5_000


@dataclass(frozen=True, slots=True)
class Again:
    """A visit to book once more: in which calendar, with what was added as far as patients may still add it, and
    with whom if that person can still be booked; `missing` was added and cannot be any more.
    """

    visit: VisitView
    calendar: CalendarView | None
    person: Person | None
    missing: tuple[KeptAddon, ...] = ()
    left_out: bool = False


@blueprint.get("/visits")
@guards.patient()
def visits() -> Response:
    """Everything that is planned, and page by page what was."""
    session, org_id, chosen = context.session(), context.org_id(), patient()
    try:
        asked = parse_page(request.args)
    except PagingInvalid:
        asked = parse_page({})
    past = past_visits(session, org_id, [chosen.id], context.now(), asked)
    planned = upcoming_for_patients(session, org_id, [chosen.id], context.now())
    return page(
        "portal/visits.html",
        patient=chosen,
        planned=planned,
        past=past.items,
        pager=pager(past, {}),
        addresses={one.id: visit_url(one) for one in planned},
        zone_of=zone_of,
        several=len(known()) > 1,
        files_url=url_for("portal.files") if any_shared(session, org_id, chosen.id) else None,
    )


@blueprint.get("/visits/<uuid:visit_id>/again")
@guards.patient()
def again(visit_id: uuid.UUID) -> Response:
    """The next times of the same service with the same specialist; one tap books."""
    return _page(_again(visit_id, plain=request.args.get("add") == NONE))


@blueprint.post("/visits/<uuid:visit_id>/again")
@limiter.limit(PUBLIC_WRITE)
@guards.patient()
def book_again(visit_id: uuid.UUID) -> Response:
    """Book it. A second tap meets the same visit; a time that is gone is said, with the nearest ones."""
    added = request.form.get("add", "")
    meant = _again(visit_id, plain=added == NONE)
    start, key = _start(request.form.get("start")), request.form.get("key", "")
    if meant.calendar is None or start is None or not key:
        return _page(meant, 422, gettext("Please choose one of these times."))
    if added != added_as(meant):
        return _page(meant, 409, gettext("What can be added has changed. Please look again."))
    session, org_id = context.session(), context.org_id()
    try:
        said = claim(session, org_id, SCOPE, f"{meant.visit.patient_id}:{key}", str(start))
        if said is None:
            booked = _book(meant, meant.calendar, start)
            answer = {"visit": visit_token(context.settings(), booked)}
            settle(session, org_id, SCOPE, f"{meant.visit.patient_id}:{key}", answer)
        else:
            answer = said.answer
    except (Conflict, Invalid):
        session.rollback()
        return _page(
            _again(visit_id, plain=added == NONE), 409, gettext("That time was taken a moment ago.")
        )
    return see_other(url_for("portal.home", booked=answer["visit"]))


def visit_url(visit: VisitView) -> str:
    """Where the visit can be seen, moved and cancelled, the same page that its messages lead to."""
    return url_for("booking.visit", token=visit_token(context.settings(), visit.id))


def zone_of(visit: VisitView) -> str:
    """The clock on which a visit is told: the clinic's for one that takes place there, for video the patient's."""
    return visit.time_zone if visit.modality == "video" else context.clinic().time_zone


def added_as(meant: Again) -> str:
    """What is added, as the form says that it was shown."""
    return NONE if meant.left_out else tokens(meant.calendar.addons if meant.calendar else ())


def _again(visit_id: uuid.UUID, *, plain: bool) -> Again:
    """Raises NotFound for a visit of somebody else."""
    seen, calendar = to_repeat(context.session(), context.org_id(), visit_id)
    if seen.patient_id not in g.own_patient_ids:
        raise NotFound("appointment_not_found")
    if calendar is None or not calendar.public_people:
        return Again(seen, None, None)
    same = next((one for one in calendar.public_people if one.id == seen.specialist_id), None)
    had = addons_of_visit(context.session(), context.org_id(), seen.id)
    if plain or not had:
        return Again(seen, calendar, same, left_out=plain and bool(had))
    offered = online_addons(calendar)
    known = {one.id for one in offered}
    whole = with_addons(calendar, offered, {one.addon_id: one.quantity for one in had})
    return Again(seen, whole, same, tuple(one for one in had if one.addon_id not in known))


def _book(meant: Again, calendar: CalendarView, start: dt.datetime) -> uuid.UUID:
    person_id = meant.person.id if meant.person else None
    wish = Wish(start, person_id, "portal", meant.visit.time_zone)
    visit = book(
        context.session(),
        context.redis(),
        context.actor(),
        calendar,
        wish,
        meant.visit.patient_id,
        now=context.now(),
    )
    return visit.id


def _page(meant: Again, status: int = 200, problem: str | None = None) -> Response:
    calendar, person, zone = meant.calendar, meant.person, zone_of(meant.visit)
    return page(
        "portal/again.html",
        fragment="portal/_again.html",
        status=status,
        visit=meant.visit,
        calendar=calendar,
        person=person,
        problem=problem,
        zone=zone,
        times=[(int(at.timestamp()) // 60, at) for at in _suggested(meant, zone)],
        key=new_token(16),
        add=added_as(meant),
        missing=meant.missing,
        left_out=meant.left_out,
        all_url=url_for(
            "booking.slots",
            calendar=calendar.slug,
            specialist=person.slug if person else None,
            add=tokens(calendar.addons) or None,
        )
        if calendar
        else url_for("booking.clinic_page"),
        wait_url=url_for("booking.wait", calendar=calendar.slug) if calendar else None,
        for_another=meant.visit.patient_id != g.own_patient_ids[0],
    )


def _suggested(meant: Again, zone: str) -> list[dt.datetime]:
    if meant.calendar is None:
        return []
    now = context.now()
    found = next_free(
        context.session(),
        context.redis(),
        context.org_id(),
        meant.calendar,
        Asker(now),
        since=now,
        within_days=SOON_DAYS,
        count=MOST_STARTS,
        specialist_id=meant.person.id if meant.person else None,
    )
    return suggested([one.starts_at for one in found], meant.visit.starts_at, zone, SUGGESTED)


def _start(text: str | None) -> dt.datetime | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return dt.datetime.fromtimestamp(int(text) * 60, dt.UTC)
