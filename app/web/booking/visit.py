"""The page of a visit by its link: what, when, where, until when it can change; calendar file; mail again (BOK-03)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import make_response, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.appointments.actions import confirm as confirm_visit
from app.appointments.actions.telling import tell_again
from app.appointments.calendar_file import CANCEL, REQUEST, calendar_file
from app.appointments.messages import entry, visit_news
from app.appointments.queries import VisitView
from app.appointments.queries.addons import addons_of_visit
from app.appointments.rules.policy import LATE_CANCEL, LATE_MOVE, Due, owed, patient_may_change
from app.appointments.states import BOOKED, CANCELLED, OPEN, UPCOMING
from app.catalog.documents import documents
from app.consents.queries import has as has_consented
from app.kernel.tenancy.queries import open_locations
from app.lib.phone import mask
from app.messaging.wordings import SMS_APPOINTMENTS
from app.scheduling.queries import CalendarView, calendar_view
from app.web.booking import blueprint
from app.web.booking.clocks import clocks
from app.web.booking.links import visit_of
from app.web.booking.member import portal_url
from app.web.booking.slots import steps
from app.web.booking.to_fill import to_fill
from app.web.http import context, guards
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other
from app.web.http.templating import city, clock, moment
from app.web.http.terms_words import due_sentence, visit_terms

RESEND = "3/hour"
# From here on a patient may say that they will come; before, it would only be noise.
CONFIRM_FROM = dt.timedelta(days=3)
JUST_BOOKED = dt.timedelta(minutes=30)


@blueprint.get("/v/<token>")
@guards.public("whoever holds the link was given it")
def visit(token: str) -> Response:
    """The visit as it stands."""
    seen = visit_of(token)
    fresh = context.now() - seen.created_at < JUST_BOOKED and seen.version == 0
    return page(
        "booking/visit.html",
        steps=steps(3) if fresh and seen.state in OPEN else [],
        documents=_documents(seen),
        to_fill=to_fill(seen),
        by_text=fresh and _told_by_text(seen),
        fresh=fresh,
        addons=addons_of_visit(context.session(), context.org_id(), seen.id),
        place=_place(seen),
        portal_url=portal_url(),
        **about(seen, token),
    )


@blueprint.get("/v/<token>/visit.ics")
@guards.public("whoever holds the link was given it")
def calendar_entry(token: str) -> Response:
    """The visit for a calendar; opened again after a change it replaces the entry (RFC 5546)."""
    seen = visit_of(token)
    news = visit_news(context.session(), context.org_id(), seen.id)
    method = CANCEL if seen.state == CANCELLED else REQUEST
    response = make_response(calendar_file(entry(news, context.now()), method))
    response.headers["Content-Type"] = f"text/calendar; charset=utf-8; method={method}"
    response.headers["Content-Disposition"] = f'attachment; filename="{seen.reference}.ics"'
    return response


@blueprint.post("/v/<token>/again")
@limiter.limit(RESEND)
@guards.public("whoever holds the link was given it")
def resend(token: str) -> Response:
    """Send the confirmation once more to the address that was given."""
    seen = visit_of(token)
    sent = tell_again(context.session(), context.actor(), seen.id, now=context.now())
    words = gettext("It is on its way.") if sent else gettext("It is on its way already.")
    return see_other(url_for("booking.visit", token=token), words)


@blueprint.post("/v/<token>/confirm")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def confirm(token: str) -> Response:
    """The patient says that they will come; saying it twice is no error."""
    seen = visit_of(token)
    if may_confirm(seen):
        confirm_visit(context.session(), context.actor(), seen.id, now=context.now())
    return see_other(url_for("booking.visit", token=token), gettext("Thank you. See you then."))


def about(seen: VisitView, token: str) -> dict[str, Any]:
    """What every page of a visit shows."""
    shown = clocks(context.clinic().time_zone, video=seen.modality == "video")
    differ = shown.differ(seen.starts_at)
    return {
        "visit": seen,
        "token": token,
        "clinic": context.clinic(),
        "clocks": shown,
        "zone_city": city(shown.main),
        "other_time": clock(seen.starts_at, shown.other) if differ else None,
        "other_city": city(shown.other) if shown.other else None,
        "may_change": may_change(seen),
        "changing": _changing(seen, shown.main),
        "terms": [] if seen.terms.free else _terms(seen, shown.main),
        "due_cancel": due_of(seen, LATE_CANCEL),
        "due_move": due_of(seen, LATE_MOVE),
        "due_words": due_sentence,
        "may_confirm": may_confirm(seen),
        "over": seen.ends_at <= context.now(),
        "mail": masked_email(seen.patient_email),
        "mobile": mask(seen.patient_phone) if seen.patient_phone else None,
    }


def _told_by_text(seen: VisitView) -> bool:
    """Whether the confirmation leaves as a text too."""
    return bool(seen.patient_phone) and has_consented(
        context.session(), context.org_id(), seen.patient_id, SMS_APPOINTMENTS
    )


def _documents(seen: VisitView) -> list[dict[str, Any]]:
    """What to read before the visit, each with an address that works for a while."""
    blobs = context.clinic_blobs()
    found = documents(context.session(), context.org_id(), seen.service_id)
    return [
        {"names": one.names, "url": blobs.signed_url(one.key, disposition="inline")}
        for one in found
    ]


def may_change(seen: VisitView) -> bool:
    """Whether the patient may still move or cancel it (APT-03)."""
    return seen.state in OPEN and patient_may_change(context.now(), seen.starts_at, seen.terms)


def due_of(seen: VisitView, what: str) -> Due | None:
    """What the patient would owe for changing the visit now; None for nothing."""
    return owed(what, context.now(), seen.starts_at, seen.terms, seen.price_minor, by_patient=True)


def _changing(seen: VisitView, zone: str) -> str:
    """Whether it can be changed here, and until when."""
    if not may_change(seen):
        return gettext("It is too late to move or cancel here. Please call us as soon as you can.")
    if context.now() <= seen.may_change_until:
        return gettext(
            "You can move or cancel this visit here until %(moment)s, free of charge.",
            moment=moment(seen.may_change_until, zone),
        )
    return gettext("You can still move or cancel this visit here until it begins.")


def _terms(seen: VisitView, zone: str) -> list[str]:
    """What follows after that; the deadline itself stands in the sentence before."""
    now = context.now()
    lines = visit_terms(
        seen.terms, seen.price_minor, seen.currency, starts_at=seen.starts_at, zone=zone, now=now
    )
    return lines[1:]


def may_confirm(seen: VisitView) -> bool:
    """Whether it is time to ask if the patient will come."""
    now = context.now()
    near = now < seen.starts_at <= now + CONFIRM_FROM
    return near and seen.state in (BOOKED, UPCOMING) and now - seen.created_at > JUST_BOOKED


def calendar_of(seen: VisitView) -> CalendarView:
    """The calendar in which the visit was booked. Raises NotFound."""
    return calendar_view(context.session(), context.org_id(), calendar_id=seen.calendar_id)


def masked_email(address: str | None) -> str | None:
    """Enough for its owner to recognise it: `a•••@example.com`; the link may have been forwarded."""
    if not address:
        return None
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"


def _place(seen: VisitView) -> str | None:
    """Where to go; for a visit without a location, the clinic's only one."""
    if seen.modality == "video":
        return None
    parts = (seen.location_name, seen.location_address, seen.location_city)
    if seen.location_name is None:
        known = open_locations(context.session(), context.org_id())
        if len(known) != 1:
            return None
        parts = (known[0].name, known[0].address, known[0].city)
    return ", ".join(part for part in parts if part)
