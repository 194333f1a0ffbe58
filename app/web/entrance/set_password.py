"""A link that sets a password: the invitation of a new colleague, or the owner's help after a forgotten one."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.kernel.identity import account as accounts
from app.kernel.identity import passwords, signing_in
from app.kernel.identity.signing_in import PASSWORD
from app.lib.errors import Expired, Invalid
from app.web.entrance import blueprint
from app.web.entrance.account import MAX_PASSWORD
from app.web.http import context, guards, login
from app.web.http.inputs import Input
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.render import page, see_other

PURPOSES = ("claim", "reset")


class NewPasswordInput(Input):
    """The password that the link sets."""

    password = PasswordField(
        _l("New password"),
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=MAX_PASSWORD, message=_l("At most %(max)d characters.")),
        ],
        description=_l("At least 10 characters. A few unrelated words are easy to remember."),
    )


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@limiter.limit(SIGN_IN)
@guards.public(
    "the one-time link is the proof; it is spent by the post, so that a mail scanner cannot"
)
def set_password(token: str) -> Response:
    """Choose a password. The link is spent only when the password is good."""
    form = NewPasswordInput()
    if request.method == "POST" and form.validate():
        try:
            passwords.check_strength(form.password.data)
            return _set(token, form.password.data)
        except Invalid as error:
            form.take(error)
    status = 422 if request.method == "POST" else 200
    return page("entrance/set_password.html", status=status, form=form, token=token)


def _set(token: str, password: str) -> Response:
    session, now = context.session(), context.now()
    human, purpose = signing_in.use_link(session, token, login.attempt())
    if purpose not in PURPOSES:
        raise Expired("link_expired")
    accounts.change_password(session, human, current=None, new=password, now=now)
    login.close_login()
    if not login.needs_second_factor(session, human):
        login.open_login(human, PASSWORD)
        return login.after_login(None)
    login.remember_pending(human, PASSWORD, None)
    return see_other(url_for("entrance.second_factor"), gettext("Your password is set."))
