"""Whom a visit is for: somebody found by any part of name, phone or e-mail, or a new patient added on the spot."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import BooleanField, RadioField, StringField

from app.kernel.access.actor import Actor
from app.lib.errors import FieldError, Invalid
from app.lib.text import clean_line, fold
from app.people import permissions
from app.people.access import patient_or_404
from app.people.actions import Contact, add_patient, checked_contact
from app.people.queries import FoundPatient, look_alikes, search_patients
from app.web.console.asked import read_identifier
from app.web.http import context
from app.web.http.inputs import stripped
from app.web.http.locale import current_language
from app.web.http.templating import phone as local_phone

NEW = "new"
MOST_FOUND = 6
LONGEST_SEARCH = 100


class ContactMixin:
    """A patient's card as typed. Limits are the domain's: what is wrong comes back beside its field."""

    name = StringField(_l("Name"), filters=[stripped])
    phone = StringField(_l("Mobile"), filters=[stripped])
    email = StringField(_l("E-mail"), filters=[stripped])

    def contact(self, *, reachable: bool = True, locale: str | None = None) -> Contact:
        """The card, checked. Raises Invalid; `reachable` demands a phone or an e-mail address."""
        made = checked_contact(
            self.name.data or "",
            self.email.data or "",
            self.phone.data or "",
            context.clinic().country,
            locale=locale or context.clinic().locale or current_language(),
            email_required=False,
            phone_required=False,
        )
        if reachable and not made.email and not made.phone:
            raise Invalid([FieldError("phone", "phone_or_email")])
        return made


class WhomMixin(ContactMixin):
    """The part of a form that says whom a visit is for."""

    q = StringField(_l("Find the patient"), filters=[stripped])
    patient = RadioField(_l("Patient"), choices=[], validate_choice=False)
    apart = BooleanField(_l("This is somebody else: add a new patient"))
    codes: frozenset[str] | set[str] = frozenset()

    def patient_id(self, session: Session, actor: Actor, now: dt.datetime) -> uuid.UUID:
        """The patient who was chosen, or the one just added. Raises Invalid, NotFound, Refused."""
        if self.patient.data != NEW:
            wanted = read_identifier(self.patient.data or "")
            if wanted is None:
                raise Invalid.one("patient", "choose_patient")
            return patient_or_404(session, actor, wanted).id
        actor.demand(permissions.MANAGE)
        contact = self.contact()
        if not self.apart.data and look_alikes(session, actor.clinic, contact):
            raise Invalid.one("patient", "known_already")
        return add_patient(session, actor, contact, now)


@dataclass(frozen=True)
class Whom:
    """What the panel shows of patients: choices with a second line each, and whether they may be the same person."""

    details: Mapping[str, str]
    alike: bool
    searched: bool


def whom(form: Any, known: FoundPatient | None, of_specialist: uuid.UUID | None) -> Whom:
    """Fill the choices: who is known from the address, who looks like the new one, or who matches the search."""
    session, org_id = context.session(), context.org_id()
    typed = clean_line(form.q.data or "")[:LONGEST_SEARCH]
    alike = "known_already" in form.codes
    people: list[FoundPatient] = []
    if known is not None:
        people = [known]
    elif alike:
        people = look_alikes(session, org_id, form.contact())
    elif typed:
        people = search_patients(
            session, org_id, typed, limit=MOST_FOUND, of_specialist=of_specialist
        )
    if _typing(form) and _only_begun(form, typed):
        _begin_again(form)
    chosen = form.patient.data
    if chosen and chosen != NEW and chosen not in {str(one.id) for one in people}:
        people = [*_chosen(chosen), *people]
    may_add = context.actor().may(permissions.MANAGE)
    if typed and may_add and (chosen == NEW or not (people or chosen)):
        _begin_new(form, typed)
    form.patient.choices = [(str(one.id), one.name) for one in people]
    if may_add:
        form.patient.choices.append((NEW, gettext("A new patient")))
    return Whom({str(one.id): _second_line(one) for one in people}, alike, bool(typed))


def _chosen(text: str) -> list[FoundPatient]:
    """Who was chosen stays among the choices, whatever is searched next."""
    try:
        found = patient_or_404(context.session(), context.actor(), uuid.UUID(text))
    except ValueError:
        return []
    return [
        FoundPatient(
            found.id,
            found.number,
            found.name,
            found.email,
            found.phone,
            found.onboarded_at is None,
            found.created_at,
        )
    ]


def _begin_new(form: Any, typed: str) -> None:
    """Nobody found, or none of them: what was typed begins the new card, where nothing stands on it yet."""
    form.patient.data = NEW
    if form.errors or any(one.data for one in _card(form)):
        return
    if "@" in typed:
        form.email.data = typed
    elif typed.replace(" ", "").lstrip("+").isdigit():
        form.phone.data = typed
    else:
        form.name.data = typed.title()


def _typing(form: Any) -> bool:
    """Whether this answers a key pressed in the search field."""
    return bool(request.headers.get("HX-Trigger-Name") == form.q.name)


def _only_begun(form: Any, typed: str) -> bool:
    """Whether the new card holds nothing but what the search field held a moment ago."""
    written = [text for one in _card(form) if (text := fold(one.data or ""))]
    if form.patient.data != NEW or len(written) > 1:
        return False
    now = fold(typed)
    return all(now.startswith(text) or text.startswith(now) for text in written)


def _begin_again(form: Any) -> None:
    form.patient.data = None
    for one in _card(form):
        one.data = ""


def _card(form: Any) -> tuple[StringField, ...]:
    return form.name, form.phone, form.email


def _second_line(patient: FoundPatient) -> str:
    parts = [
        local_phone(patient.phone) if patient.phone else "",
        patient.email or "",
        gettext("guest") if patient.guest else "",
    ]
    return " · ".join(part for part in parts if part) or gettext("no contact on the card")
