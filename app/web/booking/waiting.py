"""Waiting for a time: joining the list without an account, and answering what is offered (SCH-08, BYD-04)."""

from __future__ import annotations

import uuid

from flask import Flask, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import Optional

from app.consents.queries import current_version
from app.kernel.opaque_ids import OpaqueIds
from app.kernel.tokens import TokenForged
from app.lib.errors import Conflict, Invalid, NotFound
from app.scheduling.queries import CalendarView
from app.waiting import actions
from app.waiting.actions import JoinWish
from app.waiting.messages import install_address
from app.waiting.queries import EntryView, OfferView, entry_view, offer_view, offers_of
from app.waiting.rules.matching import EVERY_DAY, EVERY_PART
from app.web.booking import blueprint
from app.web.booking.clocks import reader_zone
from app.web.booking.countries import choices as countries
from app.web.booking.details import TEXTS, DetailsInput, contact_of, texts_of
from app.web.booking.slots import public_calendar, steps
from app.web.http import context, guards
from app.web.http.inputs import choices
from app.web.http.limits import PUBLIC_WRITE, limiter
from app.web.http.render import page, see_other
from app.web.http.visit_links import visit_token
from app.web.http.waiting_words import PARTS, day_names, wish_words
from config import Settings

ENTRY, OFFER = "waiting.entry", "waiting.offer"


class JoinInput(DetailsInput):
    """Who waits, and for which times."""

    specialist = SelectField(_l("With"))
    first_day = DateField(_l("From"), validators=[Optional()])
    last_day = DateField(lazy_pgettext("date", "Until"), validators=[Optional()])
    weekdays = SelectMultipleField(_l("On these days"))
    parts = SelectMultipleField(_l("At these times"))

    def offer(self, calendar: CalendarView) -> None:
        """Fill in what can be chosen."""
        people = [(str(one.id), one.name) for one in calendar.public_people]
        self.specialist.choices = choices([("", gettext("Anyone")), *people])
        self.weekdays.choices = choices(list(day_names().items()))
        self.parts.choices = choices([(str(bit), str(words)) for bit, words in PARTS.items()])


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
    contact = contact_of(form)
    if contact is None:
        return _page(chosen, form, 422)
    session, actor = context.session(), context.actor()
    try:
        entry_id = actions.join_as_guest(
            session,
            actor,
            contact,
            _wish(form, chosen),
            texts_allowed="texts" in form and bool(form.texts.data),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
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


@blueprint.get("/o/<token>")
@guards.public("whoever holds the link was given it")
def offer(token: str) -> Response:
    """The offered time: take it or let it go; who took it is led to the visit."""
    return _offer_page(token)


@blueprint.post("/o/<token>/accept")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def accept_offer(token: str) -> Response:
    """Book the offered time."""
    seen = _offer_of(token)
    try:
        visit = actions.accept(
            context.session(),
            context.redis(),
            context.actor(),
            seen.id,
            channel="online",
            now=context.now(),
        )
    except Conflict:
        context.session().rollback()
        return _offer_page(token, 409)
    return see_other(
        url_for("booking.visit", token=visit_token(context.settings(), visit.id)),
        gettext("It is yours. We look forward to seeing you."),
    )


@blueprint.post("/o/<token>/decline")
@limiter.limit(PUBLIC_WRITE)
@guards.public("whoever holds the link was given it")
def decline_offer(token: str) -> Response:
    """Let it go on to the next person."""
    seen = _offer_of(token)
    try:
        actions.decline(context.session(), context.actor(), seen.id, now=context.now())
    except Conflict:
        context.session().rollback()
        return _offer_page(token, 409)
    return see_other(url_for("booking.offer", token=token))


def _offer_page(token: str, status: int = 200) -> Response:
    seen = _offer_of(token)
    entry = entry_view(context.session(), context.org_id(), seen.entry_id)
    if seen.state == "accepted" and seen.appointment_id is not None:
        return see_other(
            url_for("booking.visit", token=visit_token(context.settings(), seen.appointment_id))
        )
    over = seen.state == "open" and seen.expires_at <= context.now()
    return page(
        "booking/offer.html",
        status=status,
        steps=[],
        offer=seen,
        state="expired" if over else seen.state,
        entry=entry,
        token=token,
        entry_url=url_for("booking.waiting_entry", token=_token(ENTRY, entry.id)),
        times_url=url_for("booking.slots", calendar=entry.calendar_slug),
    )


def _form(calendar: CalendarView) -> JoinInput:
    home = context.clinic().country
    form = JoinInput(country=home)
    form.country.choices = countries(home)
    form.offer(calendar)
    del form.note
    consent = current_version(context.session(), context.org_id(), TEXTS)
    if consent is None:
        del form.texts
    else:
        form.texts.label.text = texts_of(consent)
    return form


def _wish(form: JoinInput, calendar: CalendarView) -> JoinWish:
    chosen = uuid.UUID(form.specialist.data) if form.specialist.data else None
    place = next((one for one in calendar.public_people if one.id == chosen), None)
    zone = place.time_zone if place else context.clinic().time_zone
    return JoinWish(
        calendar.id,
        (reader_zone() or zone) if calendar.modality == "video" else zone,
        "online",
        chosen,
        form.first_day.data,
        form.last_day.data,
        sum(1 << int(day) for day in form.weekdays.data or ()) & EVERY_DAY,
        sum(1 << int(part) for part in form.parts.data or ()) & EVERY_PART,
    )


def _page(calendar: CalendarView, form: JoinInput, status: int = 200) -> Response:
    back = url_for("booking.slots", calendar=calendar.slug)
    return page(
        "booking/waiting_join.html",
        status=status,
        steps=steps(1, url_for("booking.clinic_page"), back),
        calendar=calendar,
        form=form,
        back_url=back,
    )


def _token(purpose: str, identifier: uuid.UUID) -> str:
    return OpaqueIds(context.settings().secret_key, purpose).write(identifier)


def _meant(purpose: str, token: str) -> uuid.UUID:
    try:
        return OpaqueIds(context.settings().secret_key, purpose).read(token)
    except TokenForged:
        raise NotFound("link_unknown") from None


def _entry_of(token: str) -> EntryView:
    return entry_view(context.session(), context.org_id(), _meant(ENTRY, token))


def _offer_of(token: str) -> OfferView:
    return offer_view(context.session(), context.org_id(), _meant(OFFER, token))


@blueprint.record_once
def _tell_messages(state: BlueprintSetupState) -> None:
    """The message about an offer carries its address; the worker builds it without a request."""
    app: Flask = state.app  # type: ignore[assignment]  # typed as the scaffold, it is the application.
    settings: Settings = app.config["SETTINGS"]

    def address(slug: str, offer_id: uuid.UUID) -> str:
        token = OpaqueIds(settings.secret_key, OFFER).write(offer_id)
        return f"{settings.base_url}/{slug}/o/{token}"

    install_address(address)
