"""One clinic as the operator sees it: facts, capabilities, elevated access; and opening a new one."""

from __future__ import annotations

import uuid
from zoneinfo import available_timezones

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import Field, SelectField

from app.kernel import capabilities, flags
from app.kernel.access import elevation
from app.kernel.access.directory import team
from app.kernel.access.queries import open_elevation
from app.kernel.flags.actions import switch
from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.outbox.repair import parked_count
from app.kernel.tenancy import directory
from app.kernel.tenancy.actions import activate_clinic, create_clinic
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, scoped
from app.kernel.tenancy.slugs import checked_slug
from app.lib.errors import Invalid
from app.web.http import context, guards
from app.web.http.forms import email_field
from app.web.http.inputs import Input, choices, line, said_beside
from app.web.http.link_mail import mail_password_link
from app.web.http.locale import LANGUAGES
from app.web.http.render import page, see_other
from app.web.platform import blueprint
from app.web.platform.demo_invitation import demo_invitation
from app.web.platform.words import case_words

HOME_ZONE = "Europe/Bucharest"


class NewClinicInput(Input):
    """What a clinic needs to exist."""

    name = line(_l("Name of the clinic"), max_length=120)
    slug = line(
        _l("Short name"),
        max_length=40,
        description=_l("The first word of all its addresses: letters a to z, digits, dashes."),
    )
    city = line(_l("City of its first location"), max_length=80)
    time_zone = SelectField(_l("Time zone"), default=HOME_ZONE)
    locale = SelectField(_l("Language"), choices=choices(LANGUAGES.items()), default="ro")
    owner_name = line(_l("Owner's name"), max_length=120)
    owner_email = email_field(
        _l("Owner's e-mail"),
        description=_l("The invitation leaves when the clinic is activated."),
    )

    def validate_slug(self, field: Field) -> None:
        """A word that addresses can begin with; whether it is taken shows when the clinic is made."""
        with said_beside():
            checked_slug(field.data)


@blueprint.route("/clinics/new", methods=["GET", "POST"])
@guards.platform()
def new_clinic() -> Response:
    """Open a clinic as a draft."""
    form = NewClinicInput()
    form.time_zone.choices = [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone]
    if request.method == "POST" and form.validate():
        made = _create(form)
        if made is not None:
            url = url_for("platform.clinic", org_id=made)
            return see_other(url, gettext("The clinic exists as a draft. Nobody sees it yet."))
    status = 422 if request.method == "POST" else 200
    return page("platform/new_clinic.html", status=status, form=form)


@blueprint.get("/clinics/<uuid:org_id>")
@guards.platform()
def clinic(org_id: uuid.UUID) -> Response:
    """Facts, capabilities and elevated accesses of a clinic."""
    session, now = context.session(), context.now()
    card = directory.clinic(session, org_id)
    history = elevation.history(session, org_id)
    me = context.actor().human_id
    opened = open_elevation(session, org_id, me, now) if me else None
    return page(
        "platform/clinic.html",
        clinic=card,
        states=list(capabilities.states(session, org_id).values()),
        flags=[(flag.code, gettext(flag.label), on) for flag, on in flags.states(session, org_id)],
        accesses=history,
        opened=opened,
        staff_names=_names(session, [access.human_id for access in history]),
        case_words=case_words(),
        failed=_failed(session, org_id),
        invitation=demo_invitation(session, org_id) if card.activated_at else None,
    )


@blueprint.post("/clinics/<uuid:org_id>/flags/<flag_code>/<state>")
@guards.platform()
def set_flag(org_id: uuid.UUID, flag_code: str, state: str) -> Response:
    """Open a risky ability for a clinic, or close it (KRN-12)."""
    flag = next((one for one in flags.known() if one.code == flag_code), None)
    if flag is None or state not in ("on", "off"):
        raise NotFound
    session = context.session()
    directory.clinic(session, org_id)
    switch(session, context.actor(), org_id, flag, enabled=state == "on", now=context.now())
    return see_other(url_for("platform.clinic", org_id=org_id), gettext("Saved."))


@blueprint.post("/clinics/<uuid:org_id>/activate")
@guards.platform()
def activate(org_id: uuid.UUID) -> Response:
    """Put the clinic on the air and invite its owner."""
    activate_clinic(context.session(), context.actor(), org_id, now=context.now())
    sent = _invite(context.session(), org_id)
    words = gettext("The clinic is active.")
    if sent:
        words = gettext("The clinic is active, and its owner is invited.")
    return see_other(url_for("platform.clinic", org_id=org_id), words)


@blueprint.post("/clinics/<uuid:org_id>/invite")
@guards.platform()
def invite_again(org_id: uuid.UUID) -> Response:
    """Send the owner another invitation, because the first one has run out."""
    directory.clinic(context.session(), org_id)
    sent = _invite(context.session(), org_id)
    words = (
        gettext("The invitation is on its way.")
        if sent
        else gettext("Nobody is waiting for an invitation there.")
    )
    return see_other(url_for("platform.clinic", org_id=org_id), words, "ok" if sent else "info")


def _failed(session: Session, org_id: uuid.UUID) -> int:
    """How much of the clinic's background work waits for a person there; the operator sees the number alone."""
    with scoped(session, Scope(role=DISPATCH_ROLE)):
        return parked_count(session, org_id)


def _create(form: NewClinicInput) -> uuid.UUID | None:
    try:
        made = create_clinic(
            context.session(),
            context.actor(),
            slug=form.slug.data,
            name=form.name.data,
            owner_name=form.owner_name.data,
            owner_email=form.owner_email.data,
            city=form.city.data,
            time_zone=form.time_zone.data,
            locale=form.locale.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return None
    return made.org_id


def _invite(session: Session, org_id: uuid.UUID) -> int:
    """Mail the colleagues who have never set a password; how many. Nothing of them is shown here."""
    with scoped(session, Scope(org_id=org_id)):
        waiting = [
            member.human_id
            for member in team(session, org_id)
            if member.invited and member.deactivated_at is None
        ]
        for human_id in waiting:
            with scoped(session, Scope(org_id=org_id, human_id=human_id)):
                human = signing_in.person(session, human_id)
                mail_password_link(
                    session, org_id, human, template="staff_invitation", purpose="claim"
                )
    return len(waiting)


def _names(session: Session, human_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of the operator's staff; the platform role sees no other people."""
    rows = session.execute(select(Human.id, Human.name).where(Human.id.in_(human_ids)))
    return {row.id: row.name for row in rows}
