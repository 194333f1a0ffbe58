"""The blank start: the code from the reception, or the link of its QR code, brings a form to this tablet."""

from __future__ import annotations

from flask import Response, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField

from app.forms import actions
from app.lib.errors import Expired, Invalid
from app.web.http import context, guards
from app.web.http.identify import signed_in
from app.web.http.inputs import Input, stripped
from app.web.http.limits import limiter
from app.web.http.login import close_login
from app.web.http.render import page, see_other
from app.web.kiosk import blueprint, claim


class CodeInput(Input):
    """The short code that the reception reads out."""

    code = StringField(_l("Code"), filters=[stripped])


@blueprint.get("/")
@guards.public("a clinic's tablet stands open; this page shows nobody's data")
def start() -> AnyResponse:
    """The blank start. Coming here puts away whatever the tablet held."""
    return claim.forget(_blank(CodeInput(formdata=None), 200, put_away=True))


@blueprint.post("/")
@limiter.limit("10/minute;60/hour", deduct_when=lambda response: response.status_code != 303)
@guards.public("the code is the permission: short-lived, single-use, guesses are counted")
def enter_code() -> AnyResponse:
    """A code becomes this tablet's claim, once."""
    form = CodeInput()
    try:
        secret = actions.claim_by_code(
            context.session(),
            claim.kiosk_actor(),
            code=form.code.data or "",
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return _blank(form, 422, put_away=False)
    return _to_form(secret)


@blueprint.get("/open/<token>")
@guards.public("the token is the permission: short-lived, single-use")
def ready(token: str) -> AnyResponse:
    """Where a QR code leads. Looking spends nothing, because scanners and browsers look before people do."""
    try:
        actions.waiting(context.session(), context.org_id(), token, context.now())
    except Expired:
        if _holds_it(token):
            return see_other(url_for("kiosk.read"))
        raise
    with claim.tablet_language():
        signs_out = signed_in() is not None
        response = page("kiosk/ready.html", token=token, signs_out=signs_out, kiosk=claim.frame(60))
    return claim.leave_after(response, 600)


@blueprint.post("/open/<token>")
@limiter.limit("30/minute")
@guards.public("the token is the permission: short-lived, single-use")
def take(token: str) -> AnyResponse:
    """The token becomes this tablet's claim, once."""
    secret = actions.claim(context.session(), claim.kiosk_actor(), token=token, now=context.now())
    return _to_form(secret)


def _to_form(secret: str) -> AnyResponse:
    if signed_in() is not None:
        # The device goes into a patient's hands: nobody stays signed in on it.
        close_login()
    return claim.keep(see_other(url_for("kiosk.read")), secret)


def _blank(form: CodeInput, status: int, *, put_away: bool) -> Response:
    held = claim.secret()
    if put_away and held is not None:
        actions.put_away(
            context.session(), claim.kiosk_actor(), claim_secret=held, now=context.now()
        )
    with claim.tablet_language():
        return page("kiosk/start.html", status=status, form=form, kiosk=claim.frame(0))


def _holds_it(token: str) -> bool:
    """Whether this tablet is the one that claimed the link, so that opening it again is only a reload."""
    try:
        opening, _ = claim.held()
    except Expired:
        return False
    return actions.names(opening, token)
