"""The second factor from the account page: switching it on, and giving it up to set up another one."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length

from app.kernel.identity import account as accounts
from app.kernel.identity import passwords, signing_in, totp
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import PASSWORD, PASSWORD_TOTP
from app.lib.errors import Refused
from app.web.entrance import blueprint
from app.web.entrance.account import MAX_PASSWORD, OWN, human_now
from app.web.entrance.sign_in import CodeInput
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.login import attempt, close_login, note_refused
from app.web.http.qr import qr_path
from app.web.http.render import page, see_other


class GiveUpInput(CodeInput):
    """Password and current code: a browser left open is not enough to take the factor away."""

    password = PasswordField(
        _l("Password"),
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=MAX_PASSWORD, message=_l("At most %(max)d characters.")),
        ],
    )


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
@limiter.limit(SIGN_IN, methods=["POST"])
@guards.any_signed_in(OWN)
def own_factor() -> Response:
    """Switch the second factor on, or give it up."""
    human = human_now()
    if human.totp_confirmed_at is None:
        return _switch_on(human)
    return _give_up(human)


def _switch_on(human: Human) -> Response:
    form, session = CodeInput(), context.session()
    if request.method == "POST" and form.validate() and _right_code(human, form):
        return see_other(
            url_for("entrance.account"), gettext("The second factor is on from the next sign-in.")
        )
    secret = signing_in.offer_second_factor(session, human.id)
    uri = totp.provisioning_uri(secret, human.email)
    return page(
        "entrance/switch_on_factor.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        secret=secret,
        uri=uri,
        qr=qr_path(uri),
    )


def _give_up(human: Human) -> Response:
    form = GiveUpInput()
    if request.method == "POST" and form.validate() and _right_proofs(human, form):
        accounts.drop_second_factor(context.session(), human, context.now())
        close_login()
        return see_other(
            url_for("entrance.sign_in"),
            gettext("The second factor is gone. Sign in to set up another one."),
        )
    return page(
        "entrance/give_up_factor.html",
        status=422 if request.method == "POST" else 200,
        form=form,
    )


def _right_proofs(human: Human, form: GiveUpInput) -> bool:
    if not passwords.verify_password(human.password_hash, form.password.data):
        note_refused(Refused("bad_credentials", human_id=human.id), PASSWORD)
        form.password.errors = [sentence(Refused("bad_credentials"))]
        return False
    return _right_code(human, form)


def _right_code(human: Human, form: CodeInput) -> bool:
    try:
        signing_in.check_code(context.session(), human.id, form.code.data, attempt())
    except Refused as error:
        note_refused(error, PASSWORD_TOTP)
        form.code.errors = [sentence(error)]
        return False
    return True
