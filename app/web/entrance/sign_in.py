"""Signing in for staff and the operator: password, then the second factor, which is set up on the first visit."""

from __future__ import annotations

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.kernel.identity import signing_in, totp
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import PASSWORD, PASSWORD_TOTP
from app.lib.errors import Refused
from app.web.entrance import blueprint
from app.web.entrance.demo_code import demo_code
from app.web.http import context, guards, login
from app.web.http.copy import sentence
from app.web.http.identify import signed_in
from app.web.http.inputs import Input, line, stripped
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.login import Pending
from app.web.http.qr import qr_path
from app.web.http.render import page, see_other
from app.web.http.urls import safe_next

MAX_PASSWORD = 256


class SignInInput(Input):
    """E-mail and password."""

    email = line(_l("E-mail"))
    password = PasswordField(
        _l("Password"),
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=MAX_PASSWORD, message=_l("At most %(max)d characters.")),
        ],
    )


class CodeInput(Input):
    """The six digits of the second factor."""

    code = StringField(
        _l("Code"),
        filters=[stripped],
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=20, message=_l("At most %(max)d characters.")),
        ],
    )


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@guards.public("this is where people become known")
def sign_in() -> Response:
    """E-mail and password; on to the second factor where one is due."""
    target = safe_next(request.args.get("next"))
    form = SignInInput()
    if request.method == "GET":
        return _already_in(target) or _form(form, target)
    if not form.validate():
        return _form(form, target, 422)
    session = context.session()
    try:
        human = signing_in.check_password(
            session, form.email.data, form.password.data, login.attempt()
        )
    except Refused as error:
        login.note_refused(error)
        form.form_errors.append(sentence(error))
        return _form(form, target, 422)
    if login.needs_second_factor(session, human):
        login.remember_pending(human, PASSWORD, target)
        return see_other(_second_step(human))
    login.open_login(human, PASSWORD)
    return login.after_login(target)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@guards.public("the signed note of a right password says who is asked")
def second_factor() -> Response:
    """The code of the authenticator application."""
    return _second("entrance/second_factor.html")


@blueprint.route("/sign-in/second-factor", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@guards.public("the signed note of a right password says who is asked")
def enrol_factor() -> Response:
    """Set up the second factor: scan, type one code, done."""
    return _second("entrance/enrol_factor.html")


def _second(template: str) -> Response:
    waiting = login.pending()
    if waiting is None:
        return see_other("/sign-in", gettext("Please sign in again."), "info")
    form = CodeInput()
    if request.method == "POST" and form.validate():
        return _accept(waiting, form) or _second_page(template, waiting, form, 422)
    return _second_page(template, waiting, form, 422 if request.method == "POST" else 200)


def _accept(waiting: Pending, form: CodeInput) -> Response | None:
    """Sign in when the code is right; None leaves the reason on the form."""
    try:
        human = signing_in.check_code(
            context.session(), waiting.human_id, form.code.data, login.attempt()
        )
    except Refused as error:
        login.note_refused(error, PASSWORD_TOTP)
        form.code.errors = [sentence(error)]
        return None
    login.open_login(human, login.proved(waiting.method))
    return login.after_login(waiting.target)


def _second_page(template: str, waiting: Pending, form: CodeInput, status: int) -> Response:
    session = context.session()
    human = signing_in.person(session, waiting.human_id)
    enrolling = human.totp_confirmed_at is None
    if enrolling != (template == "entrance/enrol_factor.html"):
        return see_other(_second_step(human))
    secret = signing_in.offer_second_factor(session, human.id) if enrolling else None
    uri = totp.provisioning_uri(secret, human.email) if secret else None
    return page(
        template,
        status=status,
        form=form,
        person_name=human.name,
        secret=secret,
        qr=qr_path(uri) if uri else None,
        uri=uri,
        demo_code=demo_code(session, human),
    )


def _second_step(human: Human) -> str:
    enrolled = human.totp_confirmed_at is not None
    return "/sign-in/code" if enrolled else "/sign-in/second-factor"


def _already_in(target: str | None) -> Response | None:
    """Somebody who is signed in well enough goes on; a login by link does not open staff pages."""
    found = signed_in()
    if found is None:
        return None
    enough = found.method == PASSWORD_TOTP or not login.needs_second_factor(
        context.session(), signing_in.person(context.session(), found.human.id)
    )
    return login.after_login(target) if enough else None


def _form(form: SignInInput, target: str | None, status: int = 200) -> Response:
    return page("entrance/sign_in.html", status=status, form=form, target=target)
