"""How patients sign in: a one-time link by e-mail, or a password. Both answer the same whether an account exists."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import LINK, PASSWORD
from app.lib.errors import Expired, Refused
from app.people.queries import own_patient_ids
from app.web.http import context, guards, login
from app.web.http.copy import sentence
from app.web.http.forms import email_field
from app.web.http.identify import signed_in
from app.web.http.inputs import Input
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.portal_link import PURPOSES, send_portal_link
from app.web.http.render import page, see_other
from app.web.http.urls import safe_next
from app.web.portal import blueprint


class EmailInput(Input):
    """Where the link goes."""

    email = email_field(_l("E-mail"))


class PasswordInput(EmailInput):
    """The same with a password."""

    password = PasswordField(
        _l("Password"),
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=256, message=_l("At most %(max)d characters.")),
        ],
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@guards.public("this is where patients become known")
def sign_in() -> Response:
    """The link by e-mail, or with `?with=password` the password."""
    target = safe_next(request.args.get("next"))
    if request.method == "GET" and _belongs_here():
        return see_other(target or url_for("portal.home"))
    if request.args.get("with") == "password":
        return _by_password(target)
    return _by_link(target)


@blueprint.route("/link/<token>", methods=["GET", "POST"])
@limiter.limit(SIGN_IN)
@guards.public(
    "the one-time link is the proof; it is spent by the post, so that a mail scanner cannot"
)
def use_link(token: str) -> Response:
    """One button, then the page that was wanted when the link was asked for, or the portal."""
    target = safe_next(request.args.get("next"))
    if request.method == "GET":
        return page("portal/use_link.html", token=token, target=target)
    session = context.session()
    try:
        human, purpose = signing_in.use_link(session, token, login.attempt())
        if purpose not in PURPOSES:
            raise Expired("link_expired")
    except Expired as error:
        login.note_refused(error, LINK)
        return page("portal/link_expired.html", status=410)
    return _enter(session, human, LINK, target)


def _by_link(target: str | None) -> Response:
    form = EmailInput()
    if request.method == "GET":
        return page("portal/sign_in.html", form=form, target=target)
    if not form.validate():
        return page("portal/sign_in.html", status=422, form=form, target=target)
    send_portal_link(context.session(), form.email.data, target)
    return page("portal/link_sent.html", email=form.email.data)


def _by_password(target: str | None) -> Response:
    form = PasswordInput()
    if request.method == "GET":
        return page("portal/sign_in_password.html", form=form, target=target)
    if not form.validate():
        return page("portal/sign_in_password.html", status=422, form=form, target=target)
    session = context.session()
    try:
        human = signing_in.check_password(
            session, form.email.data, form.password.data, login.attempt()
        )
    except Refused as error:
        login.note_refused(error)
        form.form_errors.append(sentence(error))
        return page("portal/sign_in_password.html", status=422, form=form, target=target)
    return _enter(session, human, PASSWORD, target)


def _enter(session: Session, human: Human, method: str, target: str | None) -> Response:
    """Into the portal; staff and patients who chose so are asked for their second factor first."""
    wanted = target or url_for("portal.home")
    if not own_patient_ids(session, context.org_id(), human.id):
        wanted = url_for("portal.claim_card", next=target)
    if human.totp_confirmed_at is not None:
        login.remember_pending(human, method, wanted)
        return see_other(url_for("entrance.second_factor"))
    login.open_login(human, method)
    return see_other(wanted, gettext("Welcome, %(name)s.", name=human.name))


def _belongs_here() -> bool:
    found = signed_in()
    return found is not None and bool(
        own_patient_ids(context.session(), context.org_id(), found.human.id)
    )
