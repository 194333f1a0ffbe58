"""A person's own account: details, language, password, open logins, login history."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField
from wtforms.validators import DataRequired, Length, Optional

from app.kernel.identity import account as accounts
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import LINK, end_other_sessions, person
from app.lib.errors import Invalid
from app.lib.phone import parse_mobile_anywhere
from app.web.entrance import blueprint
from app.web.http import context, guards
from app.web.http.identify import Login, signed_in
from app.web.http.inputs import Input, choices, line
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.locale import LANGUAGES
from app.web.http.login import close_login
from app.web.http.render import page, see_other

MAX_PASSWORD = 256
HOME = "RO"
OWN = "everybody looks after their own account"


class DetailsInput(Input):
    """What a person may change of themselves. The e-mail is the name of the account and stays."""

    name = line(_l("Name"))
    phone = line(_l("Mobile"), required=False, max_length=40)
    locale = SelectField(_l("Language"), choices=choices(LANGUAGES.items()))


class PasswordInput(Input):
    """A new password; the old one unless there is none or a link has just proved the mailbox."""

    current = PasswordField(_l("Password now"), validators=[Optional(), Length(max=MAX_PASSWORD)])
    password = PasswordField(
        _l("New password"),
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=MAX_PASSWORD, message=_l("At most %(max)d characters.")),
        ],
        description=_l("At least 10 characters. A few unrelated words are easy to remember."),
    )


def login_now() -> Login:
    """The login that the guard has found."""
    found = signed_in()
    assert found is not None
    return found


def human_now() -> Human:
    """The person who is signed in, with all of their account."""
    return person(context.session(), login_now().human.id)


@blueprint.route("/account", methods=["GET", "POST"])
@guards.any_signed_in(OWN)
def account() -> Response:
    """Details and everything about signing in."""
    login, human = login_now(), human_now()
    details = DetailsInput(obj=human)
    if request.method == "GET":
        return _page(login, details)
    if not details.validate() or not _change(human, details):
        return _page(login, details, status=422)
    response = see_other(url_for("entrance.account"), gettext("Saved."))
    response.set_cookie("lang", human.locale, max_age=31_536_000, samesite="Lax")
    return response


@blueprint.post("/account/password")
@limiter.limit(SIGN_IN)
@guards.any_signed_in(OWN)
def change_password() -> Response:
    """A new password ends every login; the person signs in again with it."""
    login = login_now()
    form = PasswordInput()
    try:
        if not form.validate():
            return _page(login, DetailsInput(formdata=None, obj=human_now()), form, 422)
        accounts.change_password(
            context.session(),
            human_now(),
            current=(form.current.data or "") if asks_password(login) else None,
            new=form.password.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return _page(login, DetailsInput(formdata=None, obj=human_now()), form, 422)
    close_login()
    return see_other(
        url_for("entrance.sign_in"), gettext("Your password is new. Please sign in again with it.")
    )


@blueprint.post("/account/logins/<uuid:login_id>/end")
@guards.any_signed_in(OWN)
def end_login(login_id: uuid.UUID) -> Response:
    """Sign one browser out, perhaps this one."""
    login = login_now()
    if login_id == login.session_id:
        close_login()
        return see_other("/", gettext("You are signed out."))
    accounts.end_login(context.session(), login.human.id, login_id, context.now())
    return see_other(_logins(), gettext("That browser is signed out."))


@blueprint.post("/account/logins/end-others")
@guards.any_signed_in(OWN)
def end_other_logins() -> Response:
    """Sign out everywhere but here."""
    login = login_now()
    end_other_sessions(context.session(), login.human.id, login.session_id, context.now())
    return see_other(_logins(), gettext("You are signed out everywhere else."))


def asks_password(login: Login) -> bool:
    """Whether a change of password asks for the old one: not right after a link, nor without one."""
    return human_now().password_hash is not None and login.method != LINK


def _logins() -> str:
    return url_for("entrance.account", _anchor="logins")


def _change(human: Human, form: DetailsInput) -> bool:
    try:
        phone = parse_mobile_anywhere(form.phone.data, HOME) if form.phone.data else None
        accounts.change_details(
            context.session(), human, name=form.name.data, phone=phone, locale=form.locale.data
        )
    except Invalid as error:
        form.take(error)
        return False
    return True


def _page(
    login: Login, details: DetailsInput, password: PasswordInput | None = None, status: int = 200
) -> Response:
    session, now = context.session(), context.now()
    return page(
        "entrance/account.html",
        status=status,
        steps=[],
        human=human_now(),
        details=details,
        password=password or PasswordInput(formdata=None),
        asks_password=asks_password(login),
        logins=accounts.open_logins(session, login.human.id, now),
        this_login=login.session_id,
        attempts=accounts.recent_attempts(session, login.human.id),
    )
