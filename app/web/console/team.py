"""The team of the clinic: invite, change a role, end and restore access, help with a forgotten password."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField

from app.kernel.access import actions
from app.kernel.access.directory import roles as all_roles
from app.kernel.access.directory import team as all_members
from app.kernel.audit.record import record
from app.kernel.identity import account, signing_in
from app.kernel.permissions import TEAM
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.errors import Invalid, Refused
from app.web.console import blueprint
from app.web.console.asked import read_identifier
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.forms import email_field
from app.web.http.inputs import Input, choices, line
from app.web.http.link_mail import mail_password_link
from app.web.http.locale import LANGUAGES
from app.web.http.render import page, see_other


class InviteInput(Input):
    """Who joins, and as what."""

    name = line(_l("Name"), max_length=120)
    email = email_field(
        _l("E-mail"), description=_l("The invitation goes here, and it is the name of the account.")
    )
    role = SelectField(_l("Role"))
    locale = SelectField(_l("Language"), choices=choices(LANGUAGES.items()), default="ro")


@blueprint.get("/team")
@guards.staff(TEAM)
def team() -> Response:
    """Everybody who works here or did."""
    session, org_id = context.session(), context.org_id()
    return page(
        "console/team/list.html",
        members=all_members(session, org_id),
        roles=all_roles(session, org_id),
        me=context.actor().human_id,
    )


@blueprint.route("/team/invite", methods=["GET", "POST"])
@guards.staff(TEAM)
def invite() -> Response:
    """Take a colleague into the team."""
    form = InviteInput()
    form.role.choices = _choices()
    if request.method == "POST" and form.validate() and _invite(form):
        return see_other(url_for("console.team"), gettext("Welcome to the team."))
    status = 422 if request.method == "POST" else 200
    return page("console/team/invite.html", status=status, form=form)


@blueprint.post("/team/<uuid:member_id>/role")
@guards.staff(TEAM)
def change_role(member_id: uuid.UUID) -> Response:
    """Give a colleague another role."""
    role_id = read_identifier(request.form.get("role", ""))
    if role_id is None:
        raise Invalid.one("role", "unknown_choice")
    actions.change_member_role(
        context.session(), context.actor(), member_id, role_id=role_id, now=context.now()
    )
    return see_other(url_for("console.team"), gettext("Saved. It counts from the next click."))


@blueprint.post("/team/<uuid:member_id>/end")
@guards.staff(TEAM)
def end_access(member_id: uuid.UUID) -> Response:
    """End a colleague's access."""
    actions.deactivate_member(context.session(), context.actor(), member_id, now=context.now())
    return see_other(url_for("console.team"), gettext("The access has ended."))


@blueprint.post("/team/<uuid:member_id>/restore")
@guards.staff(TEAM)
def restore_access(member_id: uuid.UUID) -> Response:
    """Let a former colleague in again."""
    actions.reactivate_member(context.session(), context.actor(), member_id, now=context.now())
    return see_other(url_for("console.team"), gettext("The access is restored."))


@blueprint.post("/team/<uuid:member_id>/password-link")
@guards.staff(TEAM)
def password_link(member_id: uuid.UUID) -> Response:
    """Mail a colleague a link to choose a password; the sender never sees it."""
    session, actor = context.session(), context.actor()
    human_id = actions.member_for_help(session, actor, member_id)
    _mail(human_id)
    record(session, actor, "team.password_link", "membership", member_id, at=context.now())
    return see_other(url_for("console.team"), gettext("The link is on its way."))


@blueprint.post("/team/<uuid:member_id>/new-phone")
@guards.staff(TEAM)
def new_phone(member_id: uuid.UUID) -> Response:
    """Forget the second factor of a colleague with a lost phone, who works in no other clinic."""
    session, actor, now = context.session(), context.actor(), context.now()
    human_id = actions.member_for_help(session, actor, member_id)
    if not actions.may_drop_second_factor(session, human_id):
        raise Refused("works_elsewhere")
    with scoped(session, Scope(org_id=context.org_id(), human_id=human_id)):
        account.drop_second_factor(session, signing_in.person(session, human_id), now)
    record(session, actor, "team.drop_second_factor", "membership", member_id, at=now)
    words = gettext("The old phone no longer counts. The next sign-in sets up the new one.")
    return see_other(url_for("console.team"), words)


def _choices() -> list[tuple[str, str]]:
    held = context.actor().permissions
    found = all_roles(context.session(), context.org_id())
    return [(str(role.id), role.name) for role in found if role.permissions <= held]


def _invite(form: InviteInput) -> bool:
    try:
        human_id = actions.add_member(
            context.session(),
            context.actor(),
            email=form.email.data,
            name=form.name.data,
            role_id=uuid.UUID(form.role.data),
            locale=form.locale.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return False
    except Refused as error:
        form.form_errors.append(sentence(error))
        return False
    if _is_new(human_id):
        _mail(human_id)
    return True


def _is_new(human_id: uuid.UUID) -> bool:
    """Whether somebody has never chosen a password; who has signs in as always."""
    with scoped(context.session(), Scope(org_id=context.org_id(), human_id=human_id)):
        return signing_in.person(context.session(), human_id).password_hash is None


def _mail(human_id: uuid.UUID) -> None:
    """An invitation to somebody without a password, a link for a new one to everybody else."""
    session, org_id = context.session(), context.org_id()
    with scoped(session, Scope(org_id=org_id, human_id=human_id)):
        human = signing_in.person(session, human_id)
        new = human.password_hash is None
        mail_password_link(
            session,
            org_id,
            human,
            template="staff_invitation" if new else "password_link",
            purpose="claim" if new else "reset",
        )
