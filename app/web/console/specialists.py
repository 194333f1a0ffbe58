"""The clinic's specialists: list, profile, signature image, who signs in as them, leaving (SPC-01, SPC-02, SPC-04)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import FileField, SelectField, SelectMultipleField

from app.appointments.queries.reassigning import coming_counts, coming_visits
from app.kernel.storage.inspect import UploadPolicy
from app.lib.errors import Conflict, Invalid
from app.lib.files import FileKind
from app.lib.paging import parse_page, slice_of
from app.people.actions import checked_contact
from app.people.permissions import SPECIALISTS
from app.people.specialists import actions, queries
from app.people.specialists.actions import COLORS, SpecialistCard
from app.people.specialists.licences import running_out
from app.people.specialists.zones import zone_names
from app.scheduling.actions import change_specialist, open_specialist, remove_specialist
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.fields import MarkedInput, identifiers, prose, text_data, texts
from app.web.console.own import address_of
from app.web.console.place import locations
from app.web.http import context, guards
from app.web.http.inputs import Input, line
from app.web.http.lists import pager
from app.web.http.locale import current_language, localised
from app.web.http.render import page, see_other
from app.web.http.templating import phone
from app.web.http.uploads import demand_upload

SIGNATURE = UploadPolicy(
    max_bytes=2 * 1024 * 1024,
    kinds=frozenset({FileKind.PNG, FileKind.JPEG}),
    max_pixels=4_000_000,
    field="image",
)


class SpecialistInput(MarkedInput):
    """A specialist's profile as the clinic describes it."""

    name = line(_l("Name"), max_length=120)
    title = line(
        _l("Title"),
        max_length=120,
        required=False,
        description=_l("As patients read it, for example “Physiotherapist”."),
    )
    specialties = SelectMultipleField(_l("Specialties"))
    new_specialty = line(_l("Another specialty"), max_length=80, required=False)
    bio_ro = prose(_l("About them, in Romanian"))
    bio_en = prose(_l("About them, in English"))
    email = line(_l("E-mail"), max_length=200, required=False)
    phone = line(_l("Mobile phone"), max_length=40, required=False)
    location = SelectField(_l("Works at"))
    time_zone = SelectField(
        _l("Time zone of their hours"),
        description=_l("Without one nobody can book them online."),
    )

    def prepare(self) -> None:
        """Offer what can be chosen."""
        session, org_id = context.session(), context.org_id()
        known = queries.specialties(session, org_id)
        self.specialties.choices = [(str(id_), localised(names)) for id_, names in known]
        if not known:
            self.new_specialty.label.text = gettext("Specialty")
        here = [(str(one.id), one.name) for one in locations()]
        self.location.choices = [("", gettext("No fixed location")), *here]
        zones = [(name, name.replace("_", " ")) for name in zone_names()]
        self.time_zone.choices = [("", gettext("None: not bookable online")), *zones]

    def card(self, color: int) -> SpecialistCard:
        """The profile that was typed, without a new specialty. Raises Invalid."""
        contact = checked_contact(
            self.name.data,
            self.email.data or "",
            self.phone.data or "",
            context.clinic().country,
            email_required=False,
            phone_required=False,
        )
        return SpecialistCard(
            name=contact.name,
            title=self.title.data or "",
            bio=texts(self, "bio"),
            email=contact.email,
            phone=contact.phone,
            time_zone=self.time_zone.data or None,
            location_id=uuid.UUID(self.location.data) if self.location.data else None,
            color=color,
            specialty_ids=frozenset(identifiers(self.specialties)),
        )

    def take(self, invalid: Invalid, names: Mapping[str, str] | None = None) -> None:
        """Errors beside the fields that the page has."""
        super().take(invalid, {"location_id": "location", **(names or {})})


class SignatureInput(Input):
    """The image of a signature."""

    image = FileField(_l("Picture of the signature"))


@blueprint.get("/specialists")
@guards.staff(SPECIALISTS)
def specialists() -> Response:
    """All specialists, active or not; searched, in pages."""
    session, org_id = context.session(), context.org_id()
    typed, inactive = request.args.get("q", ""), request.args.get("state") == "inactive"
    lines = queries.specialist_lines(session, org_id, typed, active=not inactive)
    found = slice_of(lines, parse_page(request.args))
    return page(
        "console/specialists/list.html",
        fragment="console/specialists/_list.html",
        found=found,
        pager=pager(found, {"q": typed, "state": "inactive" if inactive else ""}),
        typed=typed,
        inactive=inactive,
        coming=coming_counts(session, org_id, context.now()),
        running_out=running_out(session, org_id, local(context.now()).date()),
    )


@blueprint.route("/specialists/new", methods=["GET", "POST"])
@guards.staff(SPECIALISTS)
def new_specialist() -> Response:
    """A new specialist."""
    zone = context.clinic().time_zone
    places = locations()
    only = str(places[0].id) if len(places) == 1 else ""
    form = SpecialistInput(data={"time_zone": zone, "location": only})
    form.prepare()
    if request.method == "POST" and form.validate():
        made = _add(form)
        if made is not None:
            return see_other(
                url_for("console.hours", specialist_id=made),
                gettext("Saved. Now say when they work."),
            )
    status = 422 if request.method == "POST" else 200
    return page("console/specialists/new.html", status=status, form=form)


@blueprint.route("/specialists/<uuid:specialist_id>", methods=["GET", "POST"])
@guards.staff(SPECIALISTS)
def specialist(specialist_id: uuid.UUID) -> Response:
    """One specialist: the profile."""
    session, org_id = context.session(), context.org_id()
    stored = actions.stored_card(session, org_id, specialist_id)
    form = SpecialistInput(data=_data(stored))
    form.prepare()
    if request.method == "POST":
        status = _change(specialist_id, form, stored.color) if form.validate() else 422
        if status == 303:
            address = url_for("console.specialist", specialist_id=specialist_id)
            return see_other(address, gettext("Saved."))
        return _profile(specialist_id, form, SignatureInput(formdata=None), status)
    return _profile(specialist_id, form, SignatureInput(formdata=None), 200)


@blueprint.post("/specialists/<uuid:specialist_id>/signature")
@guards.staff(SPECIALISTS)
def keep_signature(specialist_id: uuid.UUID) -> Response:
    """Keep the picture of a signature; the picture is written anew, so nothing else comes in with it."""
    session, actor = context.session(), context.actor()
    stored = actions.stored_card(session, actor.clinic, specialist_id)
    form = SignatureInput()
    try:
        image = demand_upload(SIGNATURE)
    except Invalid as error:
        form.take(error)
        profile = SpecialistInput(formdata=None, data=_data(stored))
        profile.prepare()
        return _profile(specialist_id, profile, form, 422)
    actions.keep_signature(
        session, actor, specialist_id, image, context.clinic_blobs(), now=context.now()
    )
    return see_other(
        url_for("console.specialist", specialist_id=specialist_id),
        gettext("The signature is kept."),
    )


@blueprint.post("/specialists/<uuid:specialist_id>/signature/remove")
@guards.staff(SPECIALISTS)
def remove_signature(specialist_id: uuid.UUID) -> Response:
    """Take the picture of the signature away."""
    actions.keep_signature(
        context.session(),
        context.actor(),
        specialist_id,
        None,
        context.clinic_blobs(),
        now=context.now(),
    )
    return see_other(
        url_for("console.specialist", specialist_id=specialist_id),
        gettext("The signature is removed."),
    )


@blueprint.route("/specialists/<uuid:specialist_id>/deactivate", methods=["GET", "POST"])
@guards.staff(SPECIALISTS)
def deactivate_specialist(specialist_id: uuid.UUID) -> Response:
    """Say what deactivating does and which visits wait for somebody else, then do it."""
    session, actor = context.session(), context.actor()
    if request.method == "POST":
        actions.set_active(session, actor, specialist_id, False, now=context.now())
        return see_other(
            url_for("console.specialist", specialist_id=specialist_id),
            gettext("No new visits with them from now on."),
        )
    return page(
        "console/specialists/deactivate.html",
        head=queries.specialist_head(session, actor.clinic, specialist_id),
        visits=_coming(specialist_id),
        hand_over_url=address_of("console.hand_over_visits", specialist_id=specialist_id),
    )


@blueprint.post("/specialists/<uuid:specialist_id>/activate")
@guards.staff(SPECIALISTS)
def activate_specialist(specialist_id: uuid.UUID) -> Response:
    """Offer a specialist's time again."""
    actions.set_active(context.session(), context.actor(), specialist_id, True, now=context.now())
    return see_other(
        url_for("console.specialist", specialist_id=specialist_id),
        gettext("Their time can be booked again."),
    )


@blueprint.route("/specialists/<uuid:specialist_id>/remove", methods=["GET", "POST"])
@guards.staff(SPECIALISTS)
def remove_specialist_page(specialist_id: uuid.UUID) -> Response:
    """Take a specialist off all lists; not while visits are to come."""
    session, actor = context.session(), context.actor()
    status = 200
    if request.method == "POST":
        try:
            remove_specialist(session, actor, specialist_id, now=context.now())
        except Conflict:
            status = 409
        else:
            return see_other(url_for("console.specialists"), gettext("Removed from all lists."))
    return page(
        "console/specialists/remove.html",
        status=status,
        head=queries.specialist_head(session, actor.clinic, specialist_id),
        visits=_coming(specialist_id),
    )


def _coming(specialist_id: uuid.UUID) -> list[Any]:
    session, org_id = context.session(), context.org_id()
    return list(coming_visits(session, org_id, context.now(), specialist_id=specialist_id))


def _profile(
    specialist_id: uuid.UUID, form: SpecialistInput, signature: SignatureInput, status: int
) -> Response:
    head = queries.specialist_head(context.session(), context.org_id(), specialist_id)
    key = head.signature_key
    shown = context.clinic_blobs().signed_url(key, disposition="inline") if key else None
    return page(
        "console/specialists/specialist.html",
        status=status,
        form=form,
        head=head,
        signature=signature,
        signature_url=shown,
        coming=len(_coming(specialist_id)),
    )


def _data(stored: SpecialistCard) -> dict[str, Any]:
    return {
        "name": stored.name,
        "title": stored.title,
        **text_data(stored.bio, "bio"),
        "email": stored.email or "",
        "phone": phone(stored.phone),
        "location": str(stored.location_id or ""),
        "time_zone": stored.time_zone or "",
        "specialties": [str(one) for one in stored.specialty_ids],
        "seen": actions.mark_of(stored),
    }


def _with_new_specialty(form: SpecialistInput, card: SpecialistCard) -> SpecialistCard:
    if not form.new_specialty.data:
        return card
    named = actions.name_specialty(
        context.session(),
        context.actor(),
        form.new_specialty.data,
        current_language(),
        now=context.now(),
    )
    return replace(card, specialty_ids=card.specialty_ids | {named})


def _add(form: SpecialistInput) -> uuid.UUID | None:
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        everybody = queries.specialist_lines(session, actor.clinic)
        card = _with_new_specialty(form, form.card(len(everybody) % COLORS))
        return open_specialist(session, actor, card, now=now)
    except Invalid as error:
        form.take(error)
        return None


def _change(specialist_id: uuid.UUID, form: SpecialistInput, color: int) -> int:
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        card = _with_new_specialty(form, form.card(color))
        change_specialist(session, actor, specialist_id, card, seen=form.seen.data or "", now=now)
    except Invalid as error:
        form.take(error)
        return 422
    except Conflict:
        form.overtaken(actions.mark_of(actions.stored_card(session, actor.clinic, specialist_id)))
        return 409
    return 303
