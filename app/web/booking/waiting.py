"""Waiting for a time: joining the list, with or without an account, and one's place on it (SCH-08)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from app.consents.queries import current_version
from app.lib.errors import Invalid
from app.scheduling.queries import CalendarView
from app.waiting import actions
from app.waiting.actions import JoinWish
from app.waiting.actions.window import offer_window_min
from app.waiting.queries import EntryView, entry_view, offers_of
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART
from app.web.booking import blueprint
from app.web.booking.clocks import reader_zone
from app.web.booking.countries import choices as countries
from app.web.booking.details import TEXTS, DetailsInput, contact_of, texts_of
from app.web.booking.member import MemberInput, portal_url
from app.web.booking.slots import public_calendar, steps
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other
from app.web.http.waiting_links import ENTRY, OFFER, waiting_meant, waiting_token
from app.web.http.waiting_words import PARTS, day_names, wish_words


class WishInput(Input):
    """For which times somebody waits."""

    specialist = SelectField(_l("With"))
    first_day = DateField(_l("From"), validators=[Optional()])
    last_day = DateField(lazy_pgettext("date", "Until"), validators=[Optional()])
    weekdays = SelectMultipleField(_l("On these days"))
    parts = SelectMultipleField(_l("At these times"))

    def offer_times(self, calendar: CalendarView) -> None:
        """Fill in what can be chosen."""
        people = [(str(one.id), one.name) for one in calendar.public_people]
        self.specialist.choices = choices([("", gettext("Anyone")), *people])
        self.weekdays.choices = choices(list(day_names().items()))
        self.parts.choices = choices([(str(bit), str(words)) for bit, words in PARTS.items()])


class GuestWaits(WishInput, DetailsInput):
    """Who waits, and for which times."""


class MemberWaits(WishInput, MemberInput):
    """For whom somebody who is signed in waits, and for which times."""


@blueprint.get("/book/<calendar>/waiting")
@guards.public("whoever finds no time may wait for one")
def wait(calendar: str) -> Response:
    """The form, with every day and every time of day chosen."""
    chosen = public_calendar(calendar)
    form = _form(chosen)
    form.weekdays.data, form.parts.data = list(day_names()), [str(bit) for bit in PARTS]
    person = next((p for p in chosen.public_people if p.slug == request.args.get("with")), None)
    form.specialist.data = str(person.id) if person else ""
    return _page(chosen, form)


@blueprint.post("/book/<calendar>/waiting")
@limiter.limit(PUBLIC_WRITE)
@guards.public("a guest joins the waiting list")
def join_list(calendar: str) -> Response:
    """Join; joining again changes the wish and keeps the place."""
    chosen = public_calendar(calendar)
    form = _form(chosen)
    try:
        entry_id = _join(form, chosen)
    except Invalid as error:
        form.take(error)
        entry_id = None
    if entry_id is None:
        return _page(chosen, form, 422)
    return see_other(url_for("booking.waiting_entry", token=_token(ENTRY, entry_id)))


@blueprint.get("/w/<token>")
@guards.public("whoever holds the link was given it")
def waiting_entry(token: str) -> Response:
    """What one waits for, what was offered, and the way off the list."""
    entry = _entry_of(token)
    offers = offers_of(context.session(), context.org_id(), [entry.id]).get(entry.id, [])
    current = next((one for one in offers if one.state == "open"), None)
    return page(
        "booking/waiting_entry.html",
        steps=[],
        entry=entry,
        wish=wish_words(entry),
        token=token,
        portal_url=portal_url(),
        offer_url=url_for("booking.offer", token=_token(OFFER, current.id)) if current else None,
    )


@blueprint.post("/w/<token>/leave")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def leave_list(token: str) -> Response:
    """Off the list, in one tap."""
    entry = _entry_of(token)
    actions.leave(context.session(), context.actor(), entry.id, now=context.now())
    return see_other(url_for("booking.waiting_entry", token=token))


@blueprint.post("/w/<token>/back")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def back_on_list(token: str) -> Response:
    """On the list again, at the same place."""
    entry = _entry_of(token)
    if entry.state == "left":
        actions.come_back(context.session(), context.actor(), entry.id, now=context.now())
    return see_other(url_for("booking.waiting_entry", token=token))


def _form(calendar: CalendarView) -> Any:
    if guards.patient_here() is not None:
        member = MemberWaits()
        member.offer()
        member.offer_times(calendar)
        del member.note
        return member
    home = context.clinic().country
    form = GuestWaits(country=home)
    form.country.choices = countries(home)
    form.offer_times(calendar)
    del form.note
    consent = current_version(context.session(), context.org_id(), TEXTS)
    if consent is None:
        del form.texts
    else:
        form.texts.label.text = texts_of(consent)
    return form


def _join(form: Any, calendar: CalendarView) -> uuid.UUID | None:
    """The entry, or None after what is wrong was told. Raises Invalid."""
    session, now = context.session(), context.now()
    member = guards.patient_here()
    if member is not None:
        if not form.validate():
            return None
        return actions.join(session, member, form.chosen, _wish(form, calendar, "portal"), now=now)
    contact = contact_of(form)
    if contact is None:
        return None
    return actions.join_as_guest(
        session,
        context.actor(),
        contact,
        _wish(form, calendar, "online"),
        texts_allowed="texts" in form and bool(form.texts.data),
        now=now,
    )


def _wish(form: WishInput, calendar: CalendarView, channel: str) -> JoinWish:
    chosen = uuid.UUID(form.specialist.data) if form.specialist.data else None
    place = next((one for one in calendar.public_people if one.id == chosen), None)
    zone = (place.time_zone if place else None) or context.clinic().time_zone
    return JoinWish(
        calendar.id,
        (reader_zone() or zone) if calendar.modality == "video" else zone,
        channel,
        chosen,
        form.first_day.data,
        form.last_day.data,
        sum(1 << int(day) for day in form.weekdays.data or ()) & EVERY_DAY,
        sum(1 << int(part) for part in form.parts.data or ()) & EVERY_PART,
    )


def _page(calendar: CalendarView, form: Any, status: int = 200) -> Response:
    back = url_for("booking.slots", calendar=calendar.slug)
    return page(
        "booking/waiting_join.html",
        status=status,
        steps=steps(1, url_for("booking.clinic_page"), back),
        calendar=calendar,
        form=form,
        back_url=back,
        minutes=offer_window_min(context.session(), context.org_id()),
    )


def _token(purpose: str, identifier: uuid.UUID) -> str:
    return waiting_token(context.settings(), purpose, identifier)


def _entry_of(token: str) -> EntryView:
    meant = waiting_meant(context.settings(), ENTRY, token)
    return entry_view(context.session(), context.org_id(), meant)
