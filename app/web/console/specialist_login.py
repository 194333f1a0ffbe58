"""Who signs in as a specialist: a colleague of the team, or somebody invited to claim the profile (SPC-02)."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField
from wtforms.validators import DataRequired

from app.kernel.access import actions as access
from app.kernel.access.directory import MemberView, roles, team
from app.kernel.identity import signing_in
from app.kernel.permissions import TEAM
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import Conflict, Invalid, Refused
from app.people.permissions import SPECIALISTS
from app.people.specialists.actions import connect
from app.people.specialists.queries import SpecialistHead, claimed_by, specialist_head
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.forms import email_field
from app.web.http.inputs import Input, choices
from app.web.http.link_mail import mail_password_link
from app.web.http.locale import LANGUAGES
from app.web.http.render import page, see_other


class ConnectInput(Input):
    """A colleague who works here already."""

    member = SelectField(_l("Colleague"), validators=[DataRequired()])


class ClaimInput(Input):
    """Somebody who is invited to claim the profile."""

    email = email_field(_l("E-mail"), description=_l("The invitation goes here."))
    role = SelectField(_l("Role"))
    locale = SelectField(_l("Language"), choices=choices(LANGUAGES.items()), default="ro")


@blueprint.get("/specialists/<uuid:specialist_id>/login")
@guards.staff(SPECIALISTS)
def specialist_login(specialist_id: uuid.UUID) -> Response:
    """Who signs in as this specialist; nobody yet: choose or invite."""
    return _show(_head(specialist_id), _connect_form(), _claim_form(specialist_id), 200)


@blueprint.post("/specialists/<uuid:specialist_id>/login")
@guards.staff(SPECIALISTS)
def connect_login(specialist_id: uuid.UUID) -> Response:
    """The profile belongs to a colleague of the team."""
    head, form = _head(specialist_id), _connect_form()
    if not form.validate():
        return _show(head, form, _claim_form(specialist_id, fresh=True), 422)
    connect(
        context.session(),
        context.actor(),
        specialist_id,
        uuid.UUID(form.member.data),
        now=context.now(),
    )
    return see_other(_address(specialist_id), gettext("They sign in as this specialist now."))


@blueprint.post("/specialists/<uuid:specialist_id>/login/invite")
@guards.staff(SPECIALISTS)
def invite_specialist(specialist_id: uuid.UUID) -> Response:
    """Invite somebody who claims the profile; it takes the permission to invite colleagues too."""
    context.actor().demand(TEAM)
    head, form = _head(specialist_id), _claim_form(specialist_id)
    if form.validate() and _invite(head, form):
        return see_other(_address(specialist_id), gettext("The invitation is on its way."))
    return _show(head, _connect_form(fresh=True), form, 422)


def _invite(head: SpecialistHead, form: ClaimInput) -> bool:
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        human_id = access.add_member(
            session,
            actor,
            email=form.email.data,
            name=head.name,
            role_id=uuid.UUID(form.role.data),
            locale=form.locale.data,
            now=now,
        )
        connect(session, actor, head.id, human_id, now=now)
    except Invalid as error:
        form.take(error)
        return False
    except (Refused, Conflict) as error:
        form.form_errors.append(sentence(error))
        return False
    _mail(human_id)
    return True


def _mail(human_id: uuid.UUID) -> None:
    """A link to choose a password; who has an account already signs in with it and needs none."""
    session, org_id = context.session(), context.org_id()
    with scoped(session, Scope(org_id=org_id, human_id=human_id)):
        human = signing_in.person(session, human_id)
        if human.password_hash is None:
            mail_password_link(session, org_id, human, template="staff_invitation", purpose="claim")


def _show(head: SpecialistHead, choose: ConnectInput, claim: ClaimInput, status: int) -> Response:
    return page(
        "console/specialists/login.html",
        status=status,
        head=head,
        choose=choose,
        claim=claim,
        member=next((one for one in _members() if one.human_id == head.human_id), None),
        may_invite=context.actor().may(TEAM),
    )


def _head(specialist_id: uuid.UUID) -> SpecialistHead:
    return specialist_head(context.session(), context.org_id(), specialist_id)


def _members() -> list[MemberView]:
    return team(context.session(), context.org_id())


def _connect_form(*, fresh: bool = False) -> ConnectInput:
    form = ConnectInput(formdata=None) if fresh else ConnectInput()
    taken = claimed_by(context.session(), context.org_id())
    form.member.choices = [
        (str(one.human_id), f"{one.name} · {one.email}")
        for one in _members()
        if one.deactivated_at is None and one.human_id not in taken
    ]
    return form


def _claim_form(specialist_id: uuid.UUID, *, fresh: bool = False) -> ClaimInput:
    known = {"email": _head(specialist_id).email or ""}
    posted = not fresh and request.endpoint == "console.invite_specialist"
    form = ClaimInput(data=known) if posted else ClaimInput(formdata=None, data=known)
    held = context.actor().permissions
    found = [one for one in roles(context.session(), context.org_id()) if one.permissions <= held]
    form.role.choices = [(str(one.id), one.name) for one in found]
    if not posted:
        form.role.data = next((str(one.id) for one in found if one.code == "specialist"), None)
    return form


def _address(specialist_id: uuid.UUID) -> str:
    return url_for("console.specialist_login", specialist_id=specialist_id)
