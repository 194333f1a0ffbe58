"""Who is coming, and the booking itself: one form, one transaction, one visit however often it is sent (BOK-01)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from redis import Redis
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import BooleanField, TextAreaField
from wtforms.validators import Length

from app.appointments.actions import Wish, book_as_guest, release_once_booked, release_slot
from app.appointments.actions import book as book_visit
from app.appointments.actions.booking import LONGEST_NOTE
from app.appointments.models import Appointment
from app.appointments.queries.addons import with_addons
from app.catalog.addon_rules import read_tokens
from app.consents.models import ConsentPurposeVersion
from app.consents.queries import current_version
from app.kernel.access.actor import Actor
from app.kernel.idempotency import answered, claim
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.ids import uuid7
from app.people.actions import Contact, checked_contact
from app.scheduling.queries import CalendarView
from app.web.booking import blueprint
from app.web.booking.asked import asked_for, minutes, start_of
from app.web.booking.browser import browser_id, new_browser_id, remember
from app.web.booking.clocks import Clocks, clocks, reader_zone
from app.web.booking.countries import CountryField, choices
from app.web.booking.member import MemberInput
from app.web.booking.picker import nearest
from app.web.booking.reading import lines
from app.web.booking.slots import keep, public_calendar, steps
from app.web.booking.ticket import Ticket, read_ticket
from app.web.http import context, guards
from app.web.http.addon_fields import online_addons
from app.web.http.inputs import Input, line
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.locale import current_language
from app.web.http.render import page, see_other
from app.web.http.templating import city, clock, day
from app.web.http.terms_words import visit_terms
from app.web.http.visit_links import visit_token

SCOPE = "booking.book"
TEXTS = "sms_appointments"
Where = tuple[Session, Redis, Actor, CalendarView]


class DetailsInput(Input):
    """What a clinic needs to know of a guest."""

    name = line(_l("Full name"), render_kw={"autocomplete": "name", "autocapitalize": "words"})
    country = CountryField(_l("Country"))
    phone = line(_l("Mobile number"), max_length=40)
    email = line(_l("E-mail"), max_length=254)
    note = TextAreaField(
        _l("Anything we should know?"),
        filters=[lines],
        validators=[Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters."))],
    )
    texts = BooleanField()


@dataclass(frozen=True, slots=True)
class Opened:
    """A ticket with what it names, and the text of the consent that is asked for."""

    ticket: Ticket
    calendar: CalendarView
    consent: ConsentPurposeVersion | None

    @property
    def clocks(self) -> Clocks:
        video = self.calendar.modality == "video"
        return clocks(context.clinic().time_zone, video=video, asked=self.ticket.zone)


@blueprint.get("/book/<calendar>/details/<ticket>")
@guards.public("a guest says who is coming")
def details(calendar: str, ticket: str) -> Response:
    """The form with the kept time; who has booked already is led to the visit."""
    opened = _open(calendar, ticket)
    return _booked_before(opened) or _form(opened, _input(opened))


@blueprint.post("/book/<calendar>/details/<ticket>")
@limiter.limit(PUBLIC_WRITE)
@guards.public("a guest books")
def book(calendar: str, ticket: str) -> Response:
    """Book it. 422 when something typed is wrong; 409, or 410 after the hold's end, when the time is gone."""
    opened = _open(calendar, ticket)
    done = _booked_before(opened) if "start" in request.form else None
    if done is not None:
        return done
    form = _input(opened)
    name = browser_id() or new_browser_id()
    try:
        opened = _other_time(opened, name)
        answer = _booked(opened, form, name) or _booked_before(opened) or _form(opened, form, 422)
    except (Conflict, Invalid):
        answer = _gone(opened, form)
    remember(answer, name)
    return answer


@blueprint.post("/book/<calendar>/release/<ticket>")
@guards.public("a guest lets go of the time that was kept")
def release(calendar: str, ticket: str) -> Response:
    """Back to the times; the kept one is free to others at once."""
    opened = _open(calendar, ticket)
    _let_go(opened.ticket)
    chosen = opened.calendar.person(opened.ticket.assigned.specialist_id)
    return see_other(
        url_for(
            "booking.slots",
            calendar=calendar,
            day=opened.clocks.local(opened.ticket.starts_at).date().isoformat(),
            specialist=chosen.slug if opened.ticket.chosen else None,
            add=opened.ticket.add or None,
        )
    )


def _open(slug: str, signed: str) -> Opened:
    ticket, calendar = read_ticket(signed), public_calendar(slug)
    if ticket.calendar_id != calendar.id:
        raise NotFound("not_found")
    calendar.person(ticket.assigned.specialist_id)
    if ticket.add:
        calendar = with_addons(calendar, online_addons(calendar), read_tokens(ticket.add))
    return Opened(ticket, calendar, current_version(context.session(), context.org_id(), TEXTS))


def _booked_before(opened: Opened) -> Response | None:
    """The way to the visit for whom this form has booked already; a booking itself finds that out by its claim."""
    done = answered(context.session(), context.org_id(), SCOPE, opened.ticket.key)
    if done is None:
        return None
    return _to_visit(done, booked_already())


def booked_already() -> str:
    """What whoever sends the form again is told."""
    return gettext("You have booked this time already. Here is your visit.")


def _other_time(opened: Opened, browser: str) -> Opened:
    """The same booking at another time, when one of the free ones offered was taken in one tap."""
    starts_at = start_of(request.form.get("start"))
    if starts_at is None or starts_at == opened.ticket.starts_at:
        return opened
    _let_go(opened.ticket)
    return replace(opened, ticket=keep(opened.calendar, starts_at, browser, opened.ticket.key))


def _input(opened: Opened) -> DetailsInput | MemberInput:
    if guards.patient_here() is not None:
        member = MemberInput()
        member.offer()
        return member
    home = context.clinic().country
    form = DetailsInput(country=home)
    form.country.choices = choices(home)
    if opened.consent is None:
        del form.texts
    return form


def contact_of(form: DetailsInput) -> Contact | None:
    """The contact, or None after every field that is wrong was told so."""
    fine = form.validate()
    if "texts" in form and _texts_required() and not form.texts.data:
        form.texts.errors = [gettext("Without this we cannot tell you of changes to your visit.")]
        fine = False
    try:
        contact = checked_contact(
            form.name.data or "",
            form.email.data or "",
            form.phone.data or "",
            form.country.data or "",
            locale=current_language(),
            time_zone=reader_zone() or context.clinic().time_zone,
        )
    except Invalid as error:
        form.take(Invalid(one for one in error.errors if not _told(form, one.field)))
        return None
    return contact if fine else None


def _told(form: DetailsInput, name: str) -> bool:
    return bool(form[name].errors) if name in form else False


def _texts_required() -> bool:
    """Consent to texts comes before the booking (003), unless the clinic settled otherwise."""
    return bool(context.clinic().settings.get("booking_texts_required", True))


def _booked(opened: Opened, form: DetailsInput | MemberInput, browser: str) -> Response | None:
    """Book, or None after everything that is wrong was told."""
    note = form.note.data or ""
    if isinstance(form, MemberInput):
        if not form.validate():
            return None
        for_whom, actor = form.chosen, guards.patient_here() or context.actor()
        return _once(
            opened,
            _wish(opened, note, browser, "portal"),
            lambda where, wish: book_visit(*where, wish, for_whom, now=context.now()),
            actor,
        )
    contact = contact_of(form)
    if contact is None:
        return None
    texts = "texts" in form and bool(form.texts.data)
    text_id = opened.consent.id if opened.consent else None
    return _once(
        opened,
        _wish(opened, note, browser, "online"),
        lambda where, wish: book_as_guest(
            *where, wish, contact, texts_allowed=texts, text_id=text_id, now=context.now()
        ),
        context.actor(),
    )


def _once(
    opened: Opened, wish: Wish, book: Callable[[Where, Wish], Appointment], actor: Actor
) -> Response:
    """The visit gets its identifier here, so that the answer is kept with the claim itself."""
    session, org_id, ticket = context.session(), context.org_id(), opened.ticket
    visit_id = uuid7()
    answer = {"visit": visit_token(context.settings(), visit_id)}
    replay = claim(session, org_id, SCOPE, ticket.key, str(opened.calendar.id), answer)
    if replay is not None:
        return _to_visit(replay.answer, booked_already())
    browser = browser_id()
    if browser is not None:
        release_once_booked(
            session, context.redis(), org_id, ticket.token, browser, now=context.now()
        )
    where = (session, context.redis(), actor, _within_reach(opened))
    book(where, replace(wish, visit_id=visit_id))
    return _to_visit(answer)


def _wish(opened: Opened, note: str, browser: str, channel: str) -> Wish:
    ticket = opened.ticket
    return Wish(
        starts_at=ticket.starts_at,
        specialist_id=ticket.assigned.specialist_id if ticket.chosen else None,
        channel=channel,
        time_zone=reader_zone() or context.clinic().time_zone,
        client=browser,
        note=note,
        assigned=ticket.assigned,
    )


def _within_reach(opened: Opened) -> CalendarView:
    """Another specialist may step in, but the patient goes to the place that the page has shown."""
    shown = opened.calendar.person(opened.ticket.assigned.specialist_id)
    return opened.calendar.at(shown.location_id)


def _let_go(ticket: Ticket) -> None:
    browser = browser_id()
    if browser is not None:
        release_slot(context.redis(), context.org_id(), ticket.token, browser, now=context.now())


def _to_visit(answer: dict[str, Any], message: str | None = None) -> Response:
    """The visit; for somebody who is signed in the portal, with the visit on top."""
    if guards.patient_here() is not None:
        return see_other(url_for("portal.home", booked=answer["visit"]), message)
    return see_other(url_for("booking.visit", token=answer["visit"]), message)


def _gone(opened: Opened, form: DetailsInput | MemberInput) -> Response:
    """Somebody else has it: what was typed stays, and the nearest free times are one tap away."""
    context.session().rollback()
    wanted = opened.ticket.starts_at
    asked = asked_for(opened.calendar)
    if opened.ticket.chosen:
        chosen = opened.calendar.person(opened.ticket.assigned.specialist_id)
        asked = replace(asked, person=chosen)
    near = nearest(opened.calendar, asked, wanted)
    status = 410 if opened.ticket.lapsed(context.now()) else 409
    return _form(opened, form, status, near=near)


def _form(
    opened: Opened, form: DetailsInput | MemberInput, status: int = 200, *, near: Any = None
) -> Response:
    ticket, calendar, shown = opened.ticket, opened.calendar, opened.clocks
    signed = ticket.signed()
    if "texts" in form and opened.consent is not None:
        form.texts.label.text = texts_of(opened.consent)
    other = clock(ticket.starts_at, shown.other) if shown.differ(ticket.starts_at) else None
    return page(
        "booking/details.html",
        status=status,
        steps=steps(2, url_for("booking.clinic_page")),
        form=form,
        calendar=calendar,
        ticket=ticket,
        person=calendar.person(ticket.assigned.specialist_id),
        clinic=context.clinic(),
        clocks=shown,
        zone_city=city(shown.main),
        other_time=other,
        other_city=city(shown.other) if shown.other else None,
        # The form answers at its own address, unless another time gave it another ticket.
        book_url="?"
        if signed == (request.view_args or {}).get("ticket")
        else url_for("booking.book", calendar=calendar.slug, ticket=signed),
        release_url=url_for("booking.release", calendar=calendar.slug, ticket=signed),
        free_until=ticket.starts_at - dt.timedelta(minutes=calendar.cancel_notice_min),
        terms=[] if calendar.terms.free else _terms(opened),
        lapsed=ticket.lapsed(context.now()),
        near=None if near is None else [_choice(slot.starts_at, shown) for slot in near],
        texts_required=_texts_required(),
    )


def _terms(opened: Opened) -> list[str]:
    calendar, ticket = opened.calendar, opened.ticket
    return visit_terms(
        calendar.terms,
        calendar.price_minor,
        calendar.currency,
        starts_at=ticket.starts_at,
        zone=opened.clocks.main,
        now=context.now(),
    )


def _choice(starts_at: Any, shown: Clocks) -> dict[str, Any]:
    local = shown.local(starts_at)
    return {
        "value": minutes(starts_at),
        "label": f"{day(local.date())}, {clock(starts_at, shown.main)}",
    }


def texts_of(consent: ConsentPurposeVersion) -> str:
    """What is agreed to, in the reader's language."""
    return consent.texts.get(current_language()) or next(iter(consent.texts.values()))
